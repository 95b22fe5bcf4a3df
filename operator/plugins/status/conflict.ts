import type { Workload } from '../../sandbox/contract.ts';

/** Two plugins of the same priority call a Pod differently: the one whose name sorts first decides. */
export interface Conflict {
  /** The other plugin. */
  readonly with: string;
  /** Whether this plugin is the one that decides. */
  readonly decides: boolean;
  /** A Pod where it shows, as namespace/name. */
  readonly pod: string;
  /** What this plugin says of it. */
  readonly own: Workload;
  /** What the other one says. */
  readonly other: Workload;
}

/** One sentence on a plugin's conflicts; empty without any. */
export function describeConflicts(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first === undefined) return '';
  const { with: name, decides, pod, own, other } = first;
  const said = `this plugin says ${text(own)}, LuaPlugin ${name} of the same priority ${text(other)}`;
  const decider = decides ? 'this one' : 'that one';
  const more = conflicts.length === 1 ? '' : `; ${conflicts.length - 1} more plugins disagree with it`;
  return `on Pod ${pod} ${said}; ${decider} decides, since its name sorts first${more}: give them different spec.priority, or a narrower spec.match`;
}

function text({ type, name }: Workload): string {
  return `${type} "${name}"`;
}
