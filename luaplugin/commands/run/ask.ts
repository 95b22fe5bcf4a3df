import { compileMatch } from '../../../operator/api/selectors.ts';
import type { Sandbox } from '../../../operator/sandbox/contract.ts';
import type { PodInput, PodInputs } from '../../input/pods.ts';
import type { LocatedPlugin } from '../../input/valid-plugin.ts';
import type { Finding } from '../../program/finding.ts';

/** What became of one Pod; `unmatched`: spec.match rules it out, so Lua was not asked. */
export interface PodResult {
  readonly namespace?: string;
  readonly pod?: string;
  readonly result: 'resolved' | 'skipped' | 'unmatched' | 'error';
  readonly type?: string;
  readonly name?: string;
  /** Why there is no answer, and where to look. */
  readonly error?: { readonly reason: string } & Finding;
  /** How long the call took, in seconds. */
  readonly seconds?: number;
  /** What the script printed, at most 4096 bytes. */
  readonly output?: string;
}

/** Pods that are asked about at a time. */
const portion = 1_000;

/**
 * Asks a loaded program about Pods, as the operator does: spec.match first, then Lua.
 * @param onProgress is told how much is done, from 0 to 1
 * @returns a result for each Pod, in their order
 */
export async function askAboutPods(
  program: string,
  located: LocatedPlugin,
  { pods, namespaces }: PodInputs,
  sandbox: Pick<Sandbox, 'evaluate'>,
  onProgress: (done: number) => void,
): Promise<PodResult[]> {
  const matches = compileMatch(matchOf(located, namespaces.size > 0), (name) => namespaces.get(name));
  const results: PodResult[] = [];
  for (let from = 0; from < pods.length; from += portion) {
    const asked = pods.slice(from, from + portion);
    const calls = asked.map((pod) => ({
      metadata: pod.metadata,
      programs: matches(pod.matchable) ? [program] : [],
      output: true,
    }));
    const answers = await sandbox.evaluate(calls);
    results.push(...asked.map((pod, index) => resultOf(pod, answers[index] ?? [], located)));
    onProgress(results.length / pods.length);
  }
  return results;
}

/** Whether namespaceSelector can't be looked at, because the labels of the Namespaces are not known. */
export function ignoresNamespaceSelector(located: LocatedPlugin, { namespaces }: PodInputs): boolean {
  return located.plugin.spec.match?.namespaceSelector !== undefined && namespaces.size === 0;
}

function matchOf({ plugin }: LocatedPlugin, knowsNamespaces: boolean) {
  const { namespaceSelector, ...rest } = plugin.spec.match ?? {};
  return knowsNamespaces && namespaceSelector !== undefined ? { ...rest, namespaceSelector } : rest;
}

type Steps = Awaited<ReturnType<Sandbox['evaluate']>>[number];

function resultOf({ namespace, name: pod }: PodInput, [step]: Steps, located: LocatedPlugin): PodResult {
  const who = { ...(namespace === undefined ? {} : { namespace }), ...(pod === undefined ? {} : { pod }) };
  if (step === undefined) return { ...who, result: 'unmatched' };
  const { answer, seconds, output } = step;
  const call = { seconds, ...(output ? { output } : {}) };
  switch (answer.result) {
    case 'resolved':
      return { ...who, result: 'resolved', type: answer.type, name: answer.name, ...call };
    case 'skipped':
      return { ...who, result: 'skipped', ...call };
    case 'error': {
      const { failure } = answer;
      return {
        ...who,
        result: 'error',
        error: { reason: failure.reason, ...located.findingOf(failure) },
        ...call,
      };
    }
  }
}
