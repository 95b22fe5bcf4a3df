import type { LuaPlugin } from '../api/generated.ts';
import { programOf } from '../plugins/script/program.ts';
import { runTests } from '../plugins/script/run-tests.ts';
import { type Failure, type Sandbox, sharedMemoryUsedUp } from '../sandbox/contract.ts';
import { retryingSandbox } from '../sandbox/retrying-sandbox.ts';
import type { Cause } from './verdict.ts';

/** What the sandbox says of a plugin. */
export interface Judgement {
  /** Why it could never serve. */
  readonly causes: readonly Cause[];
  /** What went wrong without being, for certain, the plugin's fault. */
  readonly doubts: readonly string[];
}

/** A call that is too slow has one more chance: there is no time for the three that the operator itself gives. */
const tries = 2;

/**
 * Does with a valid plugin what the operator does before a revision may serve: checks its parameters, compiles its
 * script, runs the top level, finds the function, runs the tests. Nothing of it stays in the sandbox.
 * @param id names the program among all in the sandbox
 */
export async function judge(plugin: LuaPlugin, id: string, reviewSandbox: Sandbox): Promise<Judgement> {
  const sandbox = retryingSandbox(reviewSandbox, tries);
  const made = await programOf(plugin, id, sandbox);
  if (!made.ok) return judgementOfParameters(made.message);
  if (plugin.spec.script === undefined) return { causes: [], doubts: [] };
  const failure = await sandbox.load(made.program);
  if (failure !== undefined) return judgementOfLoad(failure, plugin.metadata.name);
  try {
    return judgementOfTests(plugin, await runTests(id, plugin.spec.tests ?? [], sandbox));
  } finally {
    sandbox.unload(id);
  }
}

/** The sandbox names the field where the message begins, except where it had to stop the check. */
function judgementOfParameters(text: string): Judgement {
  const [, field, message] = /^(spec\.\w+):? (.*)$/s.exec(text) ?? [];
  if (field !== undefined && message !== undefined) return { causes: [{ field, message }], doubts: [] };
  if (text.startsWith('checking ')) {
    return { causes: [{ field: 'spec.parametersSchema', message: text }], doubts: [] };
  }
  return { causes: [], doubts: [text] };
}

function judgementOfLoad(failure: Failure, name: string): Judgement {
  const message = placedMessage(failure, name);
  const isDoubtful = failure.reason === 'crash' || message.includes(sharedMemoryUsedUp);
  return isDoubtful
    ? { causes: [], doubts: [message] }
    : { causes: [{ field: 'spec.script', message }], doubts: [] };
}

function judgementOfTests({ spec }: LuaPlugin, outcome: Awaited<ReturnType<typeof runTests>>): Judgement {
  const causes: Cause[] = [];
  const doubts: string[] = [];
  for (const { name, message } of outcome.report.failures) {
    // Those after a test that had to be stopped.
    if (message.startsWith('not run:')) continue;
    const index = spec.tests?.findIndex((test) => test.name === name) ?? -1;
    const cause = { field: `spec.tests[${index}]`, message: `"${name}": ${message}` };
    if (message.includes(sharedMemoryUsedUp)) doubts.push(`${cause.field}: ${cause.message}`);
    else causes.push(cause);
  }
  return { causes, doubts };
}

/** Lua shortens a script's name to 59 characters in its messages. */
const chunkNameCharacters = 59;

/** A failure as `NAME:LINE: message`, or `NAME: message` where there is no line. */
export function placedMessage({ message, line }: Failure, name: string): string {
  const place = line === undefined ? '' : `:${line}`;
  const said = `${name.slice(0, chunkNameCharacters)}${place}: `;
  return `${name}${place}: ${message.startsWith(said) ? message.slice(said.length) : message}`;
}
