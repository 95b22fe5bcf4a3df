import type { PluginEntry } from '../../plugins/state/plugin-set.ts';
import type { Answer } from '../../sandbox/contract.ts';
import { annotationsFor, type PodAnnotations, resolvedByPlugin } from '../annotations/annotations.ts';
import type { DryRunChange } from '../store/decision.ts';

/**
 * Which plugins in DryRun mode would change what was decided: those that would be asked before the one that did.
 * @param candidates all plugins for the Pod, in order
 * @param decider the enforcing plugin that decided; undefined when none did
 * @param answers by plugin in DryRun mode
 */
export function dryRunChangesOf(
  candidates: readonly PluginEntry[],
  decider: string | undefined,
  before: PodAnnotations,
  answers: ReadonlyMap<PluginEntry, Answer>,
): DryRunChange[] {
  const end = candidates.findIndex(({ name }) => name === decider);
  const asked = end < 0 ? candidates : candidates.slice(0, end);
  return asked.flatMap((entry) => {
    const answer = answers.get(entry);
    if (answer?.result !== 'resolved') return [];
    return [{ plugin: entry.name, before, after: annotationsFor(answer, resolvedByPlugin(entry.name)) }];
  });
}
