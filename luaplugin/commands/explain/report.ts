import { pluginOf } from '../../../operator/pods/annotations/annotations.ts';
import type { Answer } from '../../../operator/sandbox/contract.ts';
import { printable } from '../../output/printable.ts';
import { formatTable } from '../../output/table.ts';
import { formatSeconds } from '../../output/time.ts';
import type { Asked } from './ask-plugins.ts';
import type { CandidatePlugin } from './candidate-plugin.ts';
import type { CarriedAnnotation } from './carried-annotations.ts';
import type { OwnerChain } from './owner-chain.ts';
import type { Verdict } from './verdict.ts';

/** All that is told about a Pod. */
export interface Explanation {
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** In the order in which they are asked. */
  readonly plugins: readonly PluginLine[];
  readonly standard: Omit<OwnerChain, 'workload'> & { readonly type: string; readonly name: string };
  readonly annotations: readonly CarriedAnnotation[];
  readonly verdict: Verdict;
}

/** One plugin's part in the answer. */
export interface PluginLine extends Pick<CandidatePlugin, 'name' | 'priority' | 'mode'> {
  /** The revision that was asked. */
  readonly revision?: number;
  readonly result: Answer['result'] | 'not-asked';
  readonly type?: string;
  readonly workload?: string;
  /** How long the call took. */
  readonly seconds?: number;
  /** Why it was not asked, what its error was, or what else to know. */
  readonly note?: string;
}

/** A plugin's part, from what it is and what came of it. */
export function pluginLine(candidate: CandidatePlugin, asked: Asked): PluginLine {
  const { name, priority, mode, serving, note } = candidate;
  const revision = serving?.number === undefined ? {} : { revision: serving.number };
  const about = { name, priority, mode, ...revision };
  const step = asked.steps.get(name);
  if (step === undefined) {
    return { ...about, result: 'not-asked', note: note ?? whyNotAsked(name, asked) };
  }
  const { answer, seconds } = step;
  const rehearsal = mode === 'DryRun' ? 'DryRun, so it decides nothing' : undefined;
  const error = answer.result === 'error' ? `${answer.failure.reason}: ${answer.failure.message}` : undefined;
  const notes = [error, rehearsal, note].filter((text) => text !== undefined);
  return {
    ...about,
    result: answer.result,
    ...(answer.result === 'resolved' ? { type: answer.type, workload: answer.name } : {}),
    seconds,
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  };
}

function whyNotAsked(name: string, { broken, decision }: Asked): string {
  const failure = broken.get(name);
  if (failure !== undefined) return `can't be loaded here: ${failure.message}`;
  const winner = decision.action === 'keep' ? decision.plugin : pluginOf(decision.annotations.resolvedBy);
  return `${winner} had decided before`;
}

/** The explanation for a person. */
export function explanationText(explanation: Explanation): string {
  const { pod, plugins, standard, annotations, verdict } = explanation;
  const rows = plugins.map((plugin) => [
    plugin.name,
    String(plugin.priority),
    plugin.revision === undefined ? '' : String(plugin.revision),
    saying(plugin),
    plugin.seconds === undefined ? '' : formatSeconds(plugin.seconds),
    plugin.note ?? '',
  ]);
  const chain = [`Pod ${pod.name}`, ...standard.owners.map(({ kind, name }) => `${kind} ${name}`)];
  const sections = [
    `Pod ${pod.namespace}/${pod.name}\n`,
    plugins.length === 0
      ? 'There is no LuaPlugin.\n'
      : formatTable(['PLUGIN', 'PRIORITY', 'REVISION', 'SAYS', 'TIME', 'NOTE'], rows),
    `Owners: ${printable(chain.join(' <- '))} (${printable(standard.end)})\n` +
      `Standard resolution: ${printable(`${standard.type} ${standard.name}`)}\n`,
    annotations.length === 0
      ? 'It has none of the annotations.\n'
      : formatTable(
          ['ANNOTATION', 'VALUE', 'WRITTEN BY', 'AT'],
          annotations.map(({ key, value, mirror, writtenBy = '', writtenAt = '' }) => [
            mirror === 'label' ? `label ${key}` : key,
            value,
            writtenBy,
            writtenAt,
          ]),
        ),
    `${verdict.asExpected ? 'As expected' : 'Differs'}: ${printable(verdict.message)}\n`,
  ];
  return sections.join('\n');
}

function saying({ result, type, workload }: PluginLine): string {
  const words = { resolved: `${type} ${workload}`, skipped: 'not mine', error: 'error', 'not-asked': '' };
  return words[result];
}
