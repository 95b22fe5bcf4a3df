/**
 * Writes operator/api/generated.ts, the TypeScript types and the validation schema of LuaPlugin, from
 * crds/luaplugins.yaml.
 *
 *   node build/generate/types.ts           writes the file
 *   node build/generate/types.ts --check   writes nothing; exit code 1 when the file is out of date
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const source = new URL('../../crds/luaplugins.yaml', import.meta.url);
const target = new URL('../../operator/api/generated.ts', import.meta.url);
const command = 'node build/generate/types.ts';

/** The part of a structural schema that this generator knows; any other keyword is an error. */
interface Schema {
  type: string;
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  items?: Schema;
  required?: string[];
  default?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic';
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

interface Crd {
  spec: {
    group: string;
    names: { kind: string; plural: string };
    versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
  };
}

/** The type's name for every object in the schema; two paths may share one when their schemas are equal. */
const typeNames: Record<string, string> = {
  spec: 'LuaPluginSpec',
  'spec.scriptFrom': 'ScriptSource',
  'spec.scriptFrom.configMapKeyRef': 'ConfigMapKeyRef',
  'spec.match': 'Match',
  'spec.match.namespaces': 'NamespaceGlobs',
  'spec.match.namespaceSelector': 'LabelSelector',
  'spec.match.namespaceSelector.matchExpressions[]': 'LabelSelectorRequirement',
  'spec.match.podSelector': 'LabelSelector',
  'spec.match.podSelector.matchExpressions[]': 'LabelSelectorRequirement',
  'spec.match.owners[]': 'OwnerKind',
  'spec.limits': 'Limits',
  'spec.tests[]': 'TestCase',
  'spec.tests[].metadata': 'TestMetadata',
  'spec.tests[].metadata.ownerReferences[]': 'TestOwner',
  'spec.requires': 'Requirements',
  status: 'LuaPluginStatus',
  'status.conditions[]': 'Condition',
  'status.activeRevision': 'ActiveRevision',
  'status.dryRun': 'DryRunReport',
  'status.dryRun.examples[]': 'DryRunExample',
  'status.dryRun.examples[].before': 'CarriedWorkload',
  'status.dryRun.examples[].after': 'CarriedWorkload',
  'status.lastErrors[]': 'ErrorSummary',
  'status.tests': 'TestSummary',
  'status.tests.failures[]': 'TestFailure',
};

/** Names that several paths share; their own doc comment would be true of one path only. */
const sharedNames = new Set(
  Object.values(typeNames).filter((name, index, names) => names.indexOf(name) !== index),
);

/** Types that say more than the schema can. */
const writtenTypes: Record<string, string> = {
  metadata: 'ObjectMeta',
  // The CEL rules leave only these three shapes.
  'spec.tests[].expect': '{ type: string; name: string } | { skip: true } | { error: string }',
};

const formatting = { printWidth: 110, singleQuote: true };

/** Turns the schema's objects into TypeScript declarations, the outermost first. */
class TypeWriter {
  readonly #writtenTypes: Readonly<Record<string, string>>;
  readonly #declared = new Map<string, { schema: Omit<Schema, 'description'>; code: string }>();

  /** @param writtenTypes by path, the types that are not made from the schema */
  constructor(writtenTypes: Readonly<Record<string, string>>) {
    this.#writtenTypes = writtenTypes;
  }

  /** All declarations so far, in the order in which they were met. */
  get code(): string {
    return [...this.#declared.values()].map(({ code }) => code).join('\n');
  }

  async declare(name: string, path: string, schema: Schema): Promise<void> {
    const { description, ...shape } = schema;
    const known = this.#declared.get(name);
    if (known) {
      if (isDeepStrictEqual(known.schema, shape)) return;
      throw new Error(`${path} is not the ${name} met before`);
    }
    const entry = { schema: shape, code: '' };
    this.#declared.set(name, entry);
    const properties: Record<string, JSONSchema> = {};
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      properties[key] = await this.#use(path === '' ? key : `${path}.${key}`, value);
    }
    // A field with a default is never missing once the API server or validateLuaPlugin has filled it; the status'
    // default is for what the API server stores alone.
    const filled = Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
      value.default === undefined || key === 'status' ? [] : [key],
    );
    entry.code = await compile(
      {
        type: 'object',
        ...(description === undefined || sharedNames.has(name) ? {} : { description }),
        properties,
        required: [...new Set([...(schema.required ?? []), ...filled])],
        additionalProperties: false,
      },
      name,
      { bannerComment: '', ignoreMinAndMaxItems: true, unknownAny: true, style: formatting },
    );
  }

  /** The schema to put where this one is used: named and free-form objects become references by name. */
  async #use(path: string, schema: Schema): Promise<JSONSchema> {
    const reference = (tsType: string): JSONSchema => ({
      tsType,
      ...(schema.description === undefined ? {} : { description: describe(schema) }),
    });
    const written = this.#writtenTypes[path];
    if (written !== undefined) return reference(written);
    if (schema['x-kubernetes-preserve-unknown-fields']) return reference('JsonObject');
    if (schema.type === 'array' && schema.items) {
      const items = await this.#use(`${path}[]`, schema.items);
      const { tsType } = items;
      if (tsType === undefined) return { type: 'array', items, description: describe(schema) };
      return reference(`(${tsType})[]`);
    }
    if (schema.properties) {
      const name = typeNames[path];
      if (name === undefined) throw new Error(`give the object at ${path} a name in typeNames`);
      await this.declare(name, path, schema);
      return reference(name);
    }
    if (schema.additionalProperties?.type === 'string') return reference('Record<string, string>');
    if (schema.type === 'object')
      throw new Error(`the object at ${path} has neither properties nor free form`);
    const { enum: values } = schema;
    return {
      type: schema.type === 'integer' || schema.type === 'boolean' ? schema.type : 'string',
      ...(values === undefined ? {} : { tsType: values.map((value) => JSON.stringify(value)).join(' | ') }),
      description: describe(schema),
    };
  }
}

/** The description with the default, for the doc comment. */
function describe(schema: Schema): string {
  const text = schema.description ?? '';
  const { default: value } = schema;
  if (value === undefined || schema.type === 'object') return text;
  return `${text} Default: ${String(value)}.`;
}

/** Keywords that ajv is not given: they do not validate, or are turned into something that does. */
const dropped = new Set([
  'description',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-preserve-unknown-fields',
]);

/** Keywords that ajv knows, or that operator/api/validate.ts adds to it. */
const kept = new Set([
  ...['type', 'required', 'default', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength'],
  ...['maxItems', 'maxProperties', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'],
]);

/** Keywords that forAjv turns into others. */
const translated = new Set(['properties', 'additionalProperties', 'items', 'format']);

/** The schema as ajv takes it: unknown fields are refused wherever the API server would drop them. */
function forAjv(schema: Schema): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (kept.has(keyword)) result[keyword] = value;
    else if (!dropped.has(keyword) && !translated.has(keyword)) {
      throw new Error(`teach build/generate/types.ts the keyword ${keyword}`);
    }
  }
  if (schema.format === 'int32') {
    result.minimum ??= -(2 ** 31);
    result.maximum ??= 2 ** 31 - 1;
  } else if (schema.format !== undefined) {
    throw new Error(`teach build/generate/types.ts the format ${schema.format}`);
  }
  if (schema['x-kubernetes-list-type'] === 'set') result.uniqueItems = true;
  if (schema.items) result.items = forAjv(schema.items);
  if (schema.additionalProperties) result.additionalProperties = forAjv(schema.additionalProperties);
  if (schema.properties) {
    result.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, forAjv(value)]),
    );
    if (!schema['x-kubernetes-preserve-unknown-fields']) result.additionalProperties = false;
  }
  return result;
}

/** The whole text of the generated file. */
async function generate(crd: Crd): Promise<string> {
  const { group, names, versions } = crd.spec;
  const [version] = versions;
  if (version === undefined || versions.length > 1) throw new Error('expected exactly one version');
  const apiVersion = `${group}/${version.name}`;
  const root = version.schema.openAPIV3Schema;
  const writer = new TypeWriter({
    ...writtenTypes,
    apiVersion: `'${apiVersion}'`,
    kind: `'${names.kind}'`,
  });
  const required = ['apiVersion', 'kind', 'metadata', 'spec'];
  await writer.declare(names.kind, '', { ...root, required });
  const schema = {
    type: 'object',
    required,
    additionalProperties: false,
    properties: {
      apiVersion: { type: 'string', enum: [apiVersion] },
      kind: { type: 'string', enum: [names.kind] },
      metadata: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string', minLength: 1, maxLength: 253 } },
      },
      spec: forAjv(root.properties?.spec ?? { type: 'object' }),
      status: {},
    },
  };
  return `// Generated from crds/luaplugins.yaml by \`${command}\`; do not edit.
import type { JsonObject } from './json.ts';
import type { ObjectMeta } from '../kube/client/types.ts';

/** How the API server names the resource. */
export const luaPluginResource = {
  group: '${group}',
  version: '${version.name}',
  apiVersion: '${apiVersion}',
  kind: '${names.kind}',
  plural: '${names.plural}',
} as const;

${writer.code}
/** The schema that validateLuaPlugin checks with; the status is the operator's own and is not checked. */
export const luaPluginSchema: Record<string, unknown> = ${JSON.stringify(schema, undefined, 2)};
`;
}

/** Where two texts first differ, for a person who looks for the reason. */
function firstDifference(wanted: string, found: string): string {
  const foundLines = found.split('\n');
  const at = wanted.split('\n').findIndex((line, index) => line !== foundLines[index]);
  if (at < 0) return 'it has lines at its end that should not be there';
  return `line ${at + 1} should be:\n  ${wanted.split('\n')[at]}\nbut is:\n  ${foundLines[at] ?? '(missing)'}`;
}

const wanted = await generate(parse(await readFile(source, 'utf8')));
const found = await readFile(target, 'utf8').catch(() => '');
const file = fileURLToPath(target);
if (!process.argv.includes('--check')) {
  if (wanted !== found) await writeFile(target, wanted);
} else if (wanted !== found) {
  process.stderr.write(`${file} is out of date; run \`${command}\`.\n${firstDifference(wanted, found)}\n`);
  process.exitCode = 1;
}
