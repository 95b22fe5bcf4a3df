import { readFileSync } from 'node:fs';

/** What a process takes, in MiB. */
export interface Memory {
  /** Resident: all of its pages that are in memory. */
  readonly rss: number;
  /** The part of it that is files, mostly the code of Node, which all processes share. */
  readonly file: number;
  /** The most that rss ever was. */
  readonly peak: number;
}

/** Reads from Linux' /proc. @throws when there is no such process */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { rss: mib(status, 'VmRSS'), file: mib(status, 'RssFile'), peak: mib(status, 'VmHWM') };
}

/**
 * A process' share of the memory, in MiB: its own pages, and of those that several have its part.
 * @throws when there is no such process
 */
export function pssOf(pid: number): number {
  return mib(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss');
}

/** The pages that are a process' own, in MiB: without files. @throws when there is no such process */
export function ownOf(pid: number): number {
  return mib(readFileSync(`/proc/${pid}/status`, 'utf8'), 'RssAnon');
}

/** What a container takes in which both run: the kernel counts the files that they share once. MiB. */
export function containerOf(a: Memory, b: Memory): number {
  return a.rss + b.rss - Math.min(a.file, b.file);
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
