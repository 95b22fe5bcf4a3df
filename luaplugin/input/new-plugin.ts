import { type LuaPlugin, type LuaPluginSpec, luaPluginResource } from '../../operator/api/generated.ts';
import { validateLuaPlugin } from '../../operator/api/validate.ts';
import { InputError, UsageError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { checkPaths, readSource } from './text.ts';
import { pathSteps } from './valid-plugin.ts';
import { parseDocuments, type SourceDocument } from './yaml.ts';

/** What a plugin is made of. */
export interface NewPluginOptions {
  readonly script: string;
  readonly priority?: number;
  readonly mode?: LuaPluginSpec['mode'];
  readonly parameters?: string;
  readonly tests?: string;
}

/** A plugin as its author's files have it. */
export interface NewPlugin {
  readonly name: string;
  /** As it is applied: the fields that the options give; the API server fills in the rest. */
  readonly object: Pick<LuaPlugin, 'apiVersion' | 'kind'> & {
    readonly metadata: { readonly name: string };
    readonly spec: Partial<LuaPluginSpec>;
  };
  /** The script's, as messages name it. */
  readonly scriptFile: string;
  /** `tests.yaml:7`; undefined for a test that is not in the file. */
  placeOfTest(name: string): string | undefined;
}

/**
 * Reads what a new plugin is made of, and checks it as the API server does.
 * @throws InputError, UsageError
 */
export async function readNewPlugin(name: string, options: NewPluginOptions, io: Io): Promise<NewPlugin> {
  const { script: scriptPath, priority, mode } = options;
  checkPaths([scriptPath, options.parameters, options.tests]);
  const script = await readSource(scriptPath, io);
  const parameters = await readField(options.parameters, 'parameters', io);
  const tests = await readField(options.tests, 'tests', io);
  const { apiVersion, kind } = luaPluginResource;
  const spec = {
    script: script.text,
    ...(priority === undefined ? {} : { priority }),
    ...(mode === undefined ? {} : { mode }),
    ...(parameters === undefined ? {} : { parameters: parameters.value }),
    ...(tests === undefined ? {} : { tests: tests.value }),
  };
  const object = { apiVersion, kind, metadata: { name }, spec };
  const checked = validateLuaPlugin(object);
  if (!checked.ok) {
    const diagnostics = checked.errors.map(({ path, message: problem }) => {
      const [, field = '', ...rest] = pathSteps(path);
      const source = { parameters, tests }[field];
      const message = `${path}: ${problem}`;
      if (source !== undefined) return { file: source.file, line: source.lineOf(rest), message };
      if (field === 'script') return { file: script.file, message };
      throw new UsageError(message);
    });
    throw new InputError(...diagnostics);
  }
  return {
    name,
    object: object as NewPlugin['object'],
    scriptFile: script.file,
    placeOfTest: (test) => {
      const index = checked.plugin.spec.tests?.findIndex((one) => one.name === test) ?? -1;
      return index < 0 ? undefined : `${tests?.file}:${tests?.lineOf([String(index)])}`;
    },
  };
}

type Field = 'parameters' | 'tests';

/** A field of the spec from a file of its own, or from one that has it under its name, as a LuaPlugin does. */
async function readField(path: string | undefined, field: Field, io: Io) {
  if (path === undefined) return undefined;
  const source = await readSource(path, io);
  const { file } = source;
  const [document, another] = parseDocuments(source);
  if (document === undefined || another !== undefined) {
    const count = document === undefined ? 'no document' : 'several documents';
    throw new InputError({ file, message: `holds ${count}; give ${field} in one` });
  }
  const [root, value] = locate(document, field);
  if (value === undefined) throw new InputError({ file, message: `is a LuaPlugin without spec.${field}` });
  return { file, value, lineOf: (steps: readonly string[]) => document.lineOf([...root, ...steps]) };
}

function locate({ value }: SourceDocument, field: Field): [string[], unknown] {
  const { kind, spec } = Object(value) as { kind?: unknown; spec?: unknown };
  if (kind === luaPluginResource.kind) return [['spec', field], Object(spec)[field]];
  if (field === 'tests' && !Array.isArray(value) && Object(value).tests !== undefined) {
    return [['tests'], Object(value).tests];
  }
  return [[], value];
}
