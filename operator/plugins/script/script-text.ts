import type { ConfigMapKeyRef } from '../../api/generated.ts';

/** A plugin's script, or in one sentence why it can't be had. */
export type ScriptText =
  | { readonly ok: true; readonly script: string }
  | { readonly ok: false; readonly message: string };

/** The contents of a ConfigMap. */
export interface ConfigMapContents {
  readonly data?: Readonly<Record<string, string>>;
  /** Base64, of bytes that are no UTF-8. */
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** Characters, as spec.script may have. */
export const maxScriptLength = 262_144;

/** The script under a key of a ConfigMap. @param contents undefined when the ConfigMap does not exist */
export function scriptIn(contents: ConfigMapContents | undefined, ref: ConfigMapKeyRef): ScriptText {
  const { namespace, name, key } = ref;
  const no = (message: string): ScriptText => ({ ok: false, message });
  if (contents === undefined) return no(`the ConfigMap ${namespace}/${name} does not exist`);
  const { data = {}, binaryData = {} } = contents;
  const where = `the key ${key} of the ConfigMap ${namespace}/${name}`;
  if (Object.hasOwn(binaryData, key))
    return no(`${where} holds binary data; a script is UTF-8 text, under data`);
  const script = Object.hasOwn(data, key) ? data[key] : undefined;
  if (script === undefined) {
    const keys = Object.keys(data).sort();
    const others = keys.length === 0 ? 'it has no keys' : `it has ${keys.slice(0, 5).join(', ')}`;
    return no(`the ConfigMap ${namespace}/${name} has no key ${key}; ${others}`);
  }
  if (script.trim() === '') return no(`${where} is empty`);
  if (isLonger(script, maxScriptLength))
    return no(`${where} has more than ${maxScriptLength} characters, which no script may have`);
  return { ok: true, script };
}

/** As the API server counts: a character beyond 16 bits is one. */
function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  let characters = 0;
  for (const _character of text) characters += 1;
  return characters > limit;
}
