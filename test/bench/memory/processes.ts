import { readFileSync } from 'node:fs';

/** What a process takes, in MiB. */
export interface Memory {
  /** Resident: all of its pages that are in memory. */
  readonly rss: number;
  /** The same with a page that several processes share (the code of Node) divided among them. */
  readonly pss: number;
  /** The most that rss ever was. */
  readonly peak: number;
}

/** Reads from Linux' /proc. @throws when there is no such process */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return { rss: mib(status, 'VmRSS'), pss: mib(rollup, 'Pss'), peak: mib(status, 'VmHWM') };
}

/** The processes that a process has started. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

function mib(text: string, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1];
  return Math.round(Number(kib) / 102.4) / 10;
}
