import type { Conflict } from '../../plugins/status/conflict.ts';
import type { Workload } from '../../sandbox/contract.ts';

/** One plugin that decides about a Pod, and another that would have said something else. */
export interface Disagreement {
  readonly pod: string;
  readonly winner: { readonly name: string; readonly says: Workload };
  readonly loser: { readonly name: string; readonly says: Workload };
}

/** As many conflicting pairs of plugins are kept, and as many Pods of each. */
const maxPairs = 200;
const maxPods = 5;

/** Which plugins are in conflict, and on which Pods that was seen. */
export class ConflictLedger {
  readonly #onChange: (plugin: string, conflicts: readonly Conflict[]) => void;
  /** By pair of plugins, then by the Pod's UID. */
  readonly #pairs = new Map<string, Map<string, Disagreement>>();

  constructor(onChange: (plugin: string, conflicts: readonly Conflict[]) => void) {
    this.#onChange = onChange;
  }

  /** Some Pods where a conflict was seen, each time others. */
  someUids(count: number): string[] {
    const uids = new Set<string>();
    for (const [key, pods] of [...this.#pairs]) {
      if (uids.size >= count) break;
      for (const uid of pods.keys()) uids.add(uid);
      // What was looked at goes to the end.
      this.#pairs.delete(key);
      this.#pairs.set(key, pods);
    }
    return [...uids];
  }

  /** A Pod was looked at. @param disagreements all that were found on it */
  found(uid: string, disagreements: readonly Disagreement[]): void {
    const concerned = new Set<string>();
    const keys = new Set(disagreements.map(pairOf));
    for (const [key, pods] of this.#pairs) {
      const known = pods.get(uid);
      if (known === undefined || keys.has(key)) continue;
      pods.delete(uid);
      if (pods.size === 0) this.#pairs.delete(key);
      concerned.add(known.winner.name).add(known.loser.name);
    }
    for (const one of disagreements) {
      const key = pairOf(one);
      const pods = this.#pairs.get(key) ?? new Map<string, Disagreement>();
      if (pods.size === 0 && this.#pairs.size >= maxPairs) continue;
      if (!pods.has(uid) && pods.size >= maxPods) continue;
      if (JSON.stringify(pods.get(uid)) === JSON.stringify(one)) continue;
      pods.set(uid, one);
      this.#pairs.set(key, pods);
      concerned.add(one.winner.name).add(one.loser.name);
    }
    for (const plugin of concerned) this.#onChange(plugin, this.#conflictsOf(plugin));
  }

  /** A plugin is gone, and its conflicts with it. */
  forget(plugin: string): void {
    const concerned = new Set<string>();
    for (const [key, pods] of this.#pairs) {
      const [one] = pods.values();
      if (one === undefined || (one.winner.name !== plugin && one.loser.name !== plugin)) continue;
      this.#pairs.delete(key);
      concerned.add(one.winner.name).add(one.loser.name);
    }
    for (const name of concerned) this.#onChange(name, this.#conflictsOf(name));
  }

  #conflictsOf(plugin: string): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const pods of this.#pairs.values()) {
      const [first] = pods.values();
      if (first === undefined) continue;
      const { pod, winner, loser } = first;
      if (winner.name === plugin)
        conflicts.push({ with: loser.name, decides: true, pod, own: winner.says, other: loser.says });
      if (loser.name === plugin)
        conflicts.push({ with: winner.name, decides: false, pod, own: loser.says, other: winner.says });
    }
    return conflicts.sort((a, b) => (a.with < b.with ? -1 : 1));
  }
}

function pairOf({ winner, loser }: Disagreement): string {
  return `${winner.name} ${loser.name}`;
}
