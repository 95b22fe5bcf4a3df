import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../operator/api/duration.ts';
import { UsageError } from './errors.ts';

/** How results are written. */
export const formats = ['table', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

/** The formats that kubectl's users expect of what it gets. */
export const objectFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type ObjectFormat = (typeof objectFormats)[number];

/** The formats of a command that does something with an object: what it did, its name, or the object afterwards. */
export const changeFormats = ['table', 'json', 'yaml', 'name'] as const;
export type ChangeFormat = (typeof changeFormats)[number];

/** The ways to install the operator; each is a folder of config/, and kustomize makes the same of it. */
export const variants = ['default', 'high-availability', 'daemonset', 'deepflow', 'cert-manager'] as const;
export type Variant = (typeof variants)[number];

/** The shells that completion scripts are made for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** The option of how results are written. */
export interface OutputOptions<F = Format> {
  readonly output: F;
}

/** Which cluster a command works on, and how long it waits for an answer. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** In milliseconds, for a single call. Absent: half a minute, for a page of a long list a whole one. */
  readonly requestTimeout?: number;
}

/** How a command changes the cluster, and whether it waits until that has come about. */
export interface ChangeOptions extends ClusterOptions {
  /** Where changes are tried out, and nothing is changed: by this program alone, or by the API server too. */
  readonly dryRun?: 'client' | 'server';
  readonly wait?: boolean;
  /** In milliseconds, for the wait. */
  readonly timeout: number;
}
export type DryRun = ChangeOptions['dryRun'];

/** @throws UsageError for what does not go together */
export function checkChangeOptions({ dryRun, wait }: Pick<ChangeOptions, 'dryRun' | 'wait'>): void {
  if (dryRun !== undefined && wait) throw new UsageError('nothing can be waited for in a --dry-run');
}

/** The value of an option that takes a time: more than none. @returns milliseconds */
export function parseTime(text: string): number {
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds > 0) return milliseconds;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('Write a whole number above 0 and ms, s, m or h, as in 5s.');
}

/** As long as a timer can be. */
const foreverMs = 2 ** 31 - 1;

/** How long to wait for an answer; kubectl takes bare seconds, too. @returns milliseconds */
export function parseRequestTimeout(text: string): number {
  if (/^0+(ms|s|m|h)?$/.test(text)) return foreverMs;
  return Math.min(foreverMs, parseTime(/^\d+$/.test(text) ? `${text}s` : text));
}

/** The value of an option that takes a whole number. */
export function parseInteger(text: string): number {
  return Number(matching(/^[-+]?\d{1,9}$/, 'Write a whole number.')(text));
}

/** The number of a revision. */
export function parseRevision(text: string): number {
  const advice = "Write a revision's number, as luaplugin history shows it.";
  return Number(matching(/^[1-9]\d{0,14}$/, advice)(text));
}

/** A text as it is, if it looks so. */
export function matching(pattern: RegExp, advice: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(advice);
  };
}

/** RFC 1123: what the name of a Namespace has to be. */
export const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** RFC 1123: what names of objects, and prefixes of annotations, have to be. */
export const subdomainPattern =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
