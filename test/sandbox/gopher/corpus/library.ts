import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { readLibrary } from '../../../../build/generate/library.ts';
import type { LuaPlugin } from '../../../../operator/api/generated.ts';
import { goJson } from '../../../../operator/api/go-json.ts';
import type { Case } from '../reference.ts';

/** Of the Pods of other plugins each plugin is asked about one in so many: all would be a number that grows squared. */
const strangersEvery = 10;

/** The plugins of examples/, asked about their own Pods and some of others. `parameters` is a plain table here. */
export async function exampleCases(): Promise<Case[]> {
  const library = await readLibrary();
  const examples = new URL('../../../../examples/', import.meta.url);
  const files = ['label.yaml', 'name-from-pod.yaml', 'opengauss.yaml'];
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, examples), 'utf8')));
  const own = library.map(({ fixtures }) => fixtures.map(({ metadata }) => goJson(metadata)));
  const strangers = own.flat().filter((_, index) => index % strangersEvery === 0);
  return [...library.map(({ text }) => text), ...texts].map((text, index) => {
    const { spec } = parse(text) as LuaPlugin;
    const tests = (spec.tests ?? []).map(({ metadata }) => goJson(metadata));
    return {
      script: `${spec.parameters === undefined ? '' : `parameters = ${literal(spec.parameters)} `}${spec.script}`,
      pods: [...(own[index] ?? []), ...strangers, ...tests, '{}'],
    };
  });
}

/** A JSON value as Lua writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(literal).join(',')}}`;
  if (typeof value !== 'object' || value === null) return value === null ? 'nil' : JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `[${JSON.stringify(key)}]=${literal(each)}`)
    .join(',')}}`;
}
