import { formatSeconds } from '../../output/duration.ts';
import { printable } from '../../output/printable.ts';
import { formatTable } from '../../output/table.ts';
import { formatFinding } from '../../program/finding.ts';
import type { PodResult } from './ask.ts';

/** The results as a table, and under it what the script printed, each line with its Pod. */
export function resultTable(results: readonly PodResult[]): string {
  const rows = results.map((entry) => [
    podName(entry),
    entry.type ?? '',
    entry.name ?? '',
    entry.error === undefined ? entry.result : `error (${entry.error.reason})`,
    entry.seconds === undefined ? '' : formatSeconds(entry.seconds),
  ]);
  return formatTable(['POD', 'TYPE', 'NAME', 'RESULT', 'TIME'], rows) + printed(results);
}

function printed(results: readonly PodResult[]): string {
  const lines = results.flatMap((entry) =>
    (entry.output ?? '')
      .replace(/\n$/, '')
      .split('\n')
      .filter((_, index, all) => all.length > 1 || all[index] !== '')
      .map((line) => `[${printable(podName(entry))}] ${printable(line)}\n`),
  );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** A line for each different error: where, what, and for which Pods. */
export function errorLines(results: readonly PodResult[]): string[] {
  const groups = new Map<string, string[]>();
  for (const entry of results) {
    if (entry.error === undefined) continue;
    const line = formatFinding(entry.error);
    const pods = groups.get(line);
    if (pods === undefined) groups.set(line, [podName(entry)]);
    else pods.push(podName(entry));
  }
  return [...groups].map(([line, [first = '', ...others]]) => {
    const who = others.length === 0 ? first : `${first} and ${others.length} more`;
    return printable(`${line} [${who}]`);
  });
}

/** `namespace/name`, as far as the metadata says. */
function podName({ namespace, pod }: PodResult): string {
  return [namespace, pod ?? (namespace === undefined ? '' : '?')].filter(Boolean).join('/');
}
