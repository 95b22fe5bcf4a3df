/**
 * JSON as Go's encoding/json writes a map: the keys of every object in the order of their bytes, and `<`, `>`, `&`,
 * U+2028 and U+2029 escaped. It is what DeepFlow gives its scripts. Otherwise as JSON.stringify has it, so fields that
 * are undefined are left out.
 */
export function goJson(value: unknown): string {
  const text = encode(value) ?? 'null';
  return special.test(text) ? text.replace(allSpecial, escaped) : text;
}

const special = /[<>&\u2028\u2029]/;
const allSpecial = new RegExp(special, 'g');

/** These stand in strings only. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function encode(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return encode(value.toJSON());
  if (Array.isArray(value)) return `[${value.map((item) => encode(item) ?? 'null').join(',')}]`;
  let text = '';
  for (const key of sortedByBytes(Object.keys(value))) {
    const field = encode((value as Record<string, unknown>)[key]);
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${field}`;
  }
  return `{${text}}`;
}

/** UTF-16 has the same order as UTF-8 but for surrogates. */
const surrogates = /[\ud800-\udfff]/;

function sortedByBytes(keys: string[]): string[] {
  if (!keys.some((key) => surrogates.test(key))) return keys.sort();
  return keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
