import { type LuaPlugin, type LuaPluginSpec, luaPluginResource } from '../../../operator/api/generated.ts';
import { validateLuaPlugin } from '../../../operator/api/validate.ts';
import { checkPaths } from '../../input/paths.ts';
import { readSource } from '../../input/text.ts';
import { pathSteps } from '../../input/valid-plugin.ts';
import { parseDocuments, type SourceDocument } from '../../input/yaml.ts';
import { UsageError } from '../../program/definition.ts';
import { type Finding, InputError } from '../../program/finding.ts';
import type { Io } from '../../program/io.ts';

/** What a plugin is made of. */
export interface DraftOptions {
  readonly script: string;
  readonly priority?: number;
  readonly mode?: LuaPluginSpec['mode'];
  readonly parameters?: string;
  readonly tests?: string;
}

/** The parts of a spec that the options give; the API server fills in the rest. */
export type DraftSpec = Pick<LuaPluginSpec, 'script' | 'parameters' | 'tests'> &
  Partial<Pick<LuaPluginSpec, 'priority' | 'mode'>>;

/** A plugin as its author's files have it. */
export interface Draft {
  readonly name: string;
  readonly spec: DraftSpec;
  /** The script's, as messages name it. */
  readonly scriptFile: string;
  /** `tests.yaml:7`; undefined for a test that is not in the file. */
  placeOfTest(name: string): string | undefined;
}

/**
 * Reads what a new plugin is made of, and checks it as the API server does.
 * @throws InputError, UsageError
 */
export async function readDraft(name: string, options: DraftOptions, io: Pick<Io, 'stdin'>): Promise<Draft> {
  const { script: scriptPath, priority, mode } = options;
  checkPaths([scriptPath, options.parameters, options.tests].filter((path) => path !== undefined));
  const script = await readSource(scriptPath, io);
  const parameters = await readPart(options.parameters, 'parameters', io);
  const tests = await readPart(options.tests, 'tests', io);
  const spec = {
    script: script.text,
    ...(priority === undefined ? {} : { priority }),
    ...(mode === undefined ? {} : { mode }),
    ...(parameters === undefined ? {} : { parameters: parameters.value }),
    ...(tests === undefined ? {} : { tests: tests.value }),
  };
  const { apiVersion, kind } = luaPluginResource;
  const checked = validateLuaPlugin({ apiVersion, kind, metadata: { name }, spec });
  if (!checked.ok) {
    throw new InputError(
      checked.errors.map(({ path, message }): Finding => {
        const [, field = '', ...rest] = pathSteps(path);
        const part = { parameters, tests }[field];
        const text = `${path}: ${message}`;
        if (part !== undefined) return { file: part.file, line: part.lineOf(rest), message: text };
        if (field === 'script') return { file: script.file, message: text };
        throw new UsageError(text);
      }),
    );
  }
  return {
    name,
    spec: spec as DraftSpec,
    scriptFile: script.file,
    placeOfTest: (test) => {
      const index = checked.plugin.spec.tests?.findIndex((one) => one.name === test) ?? -1;
      return index < 0 ? undefined : `${tests?.file}:${tests?.lineOf([String(index)])}`;
    },
  };
}

/** The whole object, as it is applied. */
export function objectOf({ name, spec }: Draft): Pick<LuaPlugin, 'apiVersion' | 'kind'> & {
  readonly metadata: { readonly name: string };
  readonly spec: DraftSpec;
} {
  const { apiVersion, kind } = luaPluginResource;
  return { apiVersion, kind, metadata: { name }, spec };
}

interface Part {
  readonly file: string;
  readonly value: unknown;
  /** @param steps from the part's own root */
  lineOf(steps: readonly string[]): number;
}

/** A field of the spec from a file of its own, or from one that has it under its name, as a LuaPlugin does. */
async function readPart(
  path: string | undefined,
  field: 'parameters' | 'tests',
  io: Pick<Io, 'stdin'>,
): Promise<Part | undefined> {
  if (path === undefined) return undefined;
  const source = await readSource(path, io);
  const [document, another] = parseDocuments(source);
  if (document === undefined || another !== undefined) {
    const count = document === undefined ? 'no document' : 'several documents';
    throw new InputError([{ file: source.file, message: `holds ${count}; give ${field} in one` }]);
  }
  const [root, value] = locate(document, field);
  if (value === undefined) {
    throw new InputError([{ file: source.file, message: `is a LuaPlugin without spec.${field}` }]);
  }
  return { file: document.file, value, lineOf: (steps) => document.lineOf([...root, ...steps]) };
}

function locate({ value }: SourceDocument, field: 'parameters' | 'tests'): [string[], unknown] {
  const { kind, spec } = Object(value) as { kind?: unknown; spec?: unknown };
  if (kind === luaPluginResource.kind) return [['spec', field], Object(spec)[field]];
  if (field === 'tests' && !Array.isArray(value) && Object(value).tests !== undefined) {
    return [['tests'], Object(value).tests];
  }
  return [[], value];
}
