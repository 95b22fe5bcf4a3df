import { Ajv, type ErrorObject, type FuncKeywordDefinition } from 'ajv';
import { type FieldError, toFieldErrors } from './errors.ts';
import { type LuaPlugin, luaPluginSchema } from './generated.ts';
import { withoutNulls } from './nulls.ts';
import { celTwins } from './rules.ts';

/** A plugin with its defaults filled in, or all that is wrong with it. */
export type Validation =
  | { readonly ok: true; readonly plugin: LuaPlugin }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Checks an object by CEL rules; each broken rule gives its own message. */
const celRules: FuncKeywordDefinition = {
  keyword: 'x-kubernetes-validations',
  errors: true,
  compile: (rules: { rule: string; message: string }[]) => {
    const checks = rules.map(({ rule, message }) => {
      const holds = celTwins[rule];
      if (holds === undefined) throw new Error(`operator/api/rules.ts has no twin of the CEL rule ${rule}`);
      return { holds, message };
    });
    const validate: { (self: unknown): boolean; errors?: Partial<ErrorObject>[] } = (self) => {
      validate.errors = checks
        .filter(({ holds }) => !holds(self))
        .map(({ message }) => ({ keyword: 'cel', message, params: {} }));
      return validate.errors.length === 0;
    };
    return validate;
  },
};

/** Checks that no two entries of a list have the same values under the given keys. */
const listMapKeys: FuncKeywordDefinition = {
  keyword: 'x-kubernetes-list-map-keys',
  type: 'array',
  errors: true,
  compile: (keys: string[]) => {
    const validate: { (list: unknown[]): boolean; errors?: Partial<ErrorObject>[] } = (list) => {
      const identities = list.map((entry) => JSON.stringify(keys.map((key) => Object(entry)[key])));
      validate.errors = identities.flatMap((identity, index) => {
        const first = identities.indexOf(identity);
        if (first === index) return [];
        const message = `entries ${first} and ${index} have the same ${keys.join(' and ')}`;
        return [{ keyword: 'listMapKeys', message, params: {} }];
      });
      return validate.errors.length === 0;
    };
    return validate;
  },
};

const ajv = new Ajv({
  strict: true,
  allErrors: true,
  useDefaults: true,
  verbose: true,
  keywords: [celRules, listMapKeys],
});
const isLuaPlugin = ajv.compile<LuaPlugin>(luaPluginSchema);

/**
 * Checks an object as the API server does with crds/luaplugins.yaml, and refuses unknown fields as kubectl does.
 * @param object anything; it is left as it is. Its status is taken over unchecked.
 * @returns a copy with defaults filled in, or every error, in the order of the schema
 */
export function validateLuaPlugin(object: unknown): Validation {
  const plugin: unknown = withoutNulls(structuredClone(object), luaPluginSchema);
  if (isLuaPlugin(plugin)) return { ok: true, plugin };
  return { ok: false, errors: toFieldErrors(isLuaPlugin.errors ?? []) };
}
