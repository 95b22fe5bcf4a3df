import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type LuaResult, LuaState } from '../../../operator/sandbox/engine/state.ts';
import { buildGoProgram } from '../../support/go-program.ts';
import { mebibyte, memoryOf, parts } from '../../unit/sandbox/engine.ts';

/** A script and the Pods that it is asked about, one after the other: their metadata as JSON. */
export interface Case {
  readonly script: string;
  readonly pods: readonly string[];
}

/** What came of one Pod: the two results, each with its type, and what was printed; or only that it failed. */
export type Outcome =
  | { readonly results: readonly (readonly [type: string, text: string])[]; readonly print: string }
  | { readonly error: string };

/** gopher-lua as a program; see test/support/gopher-lua. @returns its path */
export function buildGopherLua(): Promise<string> {
  return buildGoProgram({
    name: 'gopher-lua',
    title: 'gopher-lua, which DeepFlow runs',
    source: fileURLToPath(new URL('../../support/gopher-lua/', import.meta.url)),
    minutes: 1,
  });
}

/** Runs the cases as DeepFlow's server would. @param dkjson the path of the real dkjson.lua */
export function askGopherLua(program: string, dkjson: string, cases: readonly Case[]): Outcome[][] {
  const input = cases.map((each) =>
    JSON.stringify({ script: latin1(each.script), pods: each.pods.map(latin1) }),
  );
  const run = spawnSync(program, ['-dkjson', dkjson], {
    input: `${input.join('\n')}\n`,
    maxBuffer: 256 * mebibyte,
  });
  if (run.status !== 0) throw new Error(`gopher-lua: ${run.stderr}`);
  const lines = run.stdout.toString().trimEnd().split('\n');
  return lines.map((line) =>
    (JSON.parse(line) as { results?: [string, string][]; error?: string; print?: string }[]).map(
      ({ results, error, print = '' }) =>
        error === undefined ? { results: results ?? [], print } : { error },
    ),
  );
}

/** Runs the cases in the engine that a Worker has. */
export function askSandbox(cases: readonly Case[]): Outcome[][] {
  return cases.map(({ script, pods }) => {
    const state = new LuaState(parts, memoryOf(64 * mebibyte), undefined);
    state.keepOutput();
    const problem = state.run(Buffer.from(script), 'script') ?? missing(state.findFunction());
    if (problem !== undefined) return pods.map(() => ({ error: problem.message }));
    const loading = state.takeOutput();
    state.keep();
    return pods.map((pod): Outcome => {
      const bytes = Buffer.from(pod);
      state.keepOutput();
      const results = state.call(bytes, 0, bytes.length);
      if ('kind' in results) return { error: results.message };
      return { results: results.map(typed), print: loading + state.takeOutput() };
    });
  });
}

function missing(found: string | undefined): { message: string } | undefined {
  return found === undefined ? undefined : { message: `GetWorkloadTypeAndName is ${found}` };
}

function typed(result: LuaResult): [type: string, text: string] {
  return typeof result === 'string' ? ['string', result] : [result.type, result.preview];
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
