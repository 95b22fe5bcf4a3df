import type { MatchablePod, PodMatcher } from '../../api/selectors.ts';

/** A plugin as Pods meet it. */
export interface PluginEntry {
  readonly name: string;
  /** Higher is asked first; ties by name. */
  readonly priority: number;
  /** DryRun is asked, counted and reported, but never decides. */
  readonly mode: 'Enforce' | 'DryRun';
  /** Whether the plugin is asked about a Pod. */
  readonly matches: PodMatcher;
  /** The program that serves; undefined while none does: the Pods that the plugin had resolved keep what they have. */
  readonly program: string | undefined;
}

/** What changed for Pods: the plugin before and after; undefined where there was or is none. */
export interface PluginChange {
  readonly before: PluginEntry | undefined;
  readonly after: PluginEntry | undefined;
}

/** The plugins in the order in which they are asked. Suspended and deleted ones are not in it. */
export class PluginSet {
  #ordered: readonly PluginEntry[] = [];
  readonly #listeners = new Set<(change: PluginChange) => void>();

  /** Adds a plugin or replaces it by its name, in one step, and tells the subscribers. */
  put(entry: PluginEntry): void {
    const before = this.get(entry.name);
    const others = this.#ordered.filter((other) => other !== before);
    this.#ordered = [...others, entry].sort(byPriorityThenName);
    this.#tell({ before, after: entry });
  }

  /** Takes a plugin out; the subscribers are told if it was there. */
  remove(name: string): void {
    const before = this.get(name);
    if (before === undefined) return;
    this.#ordered = this.#ordered.filter((other) => other !== before);
    this.#tell({ before, after: undefined });
  }

  get(name: string): PluginEntry | undefined {
    return this.#ordered.find((entry) => entry.name === name);
  }

  /** The plugins to ask about a Pod, in order. */
  candidates(pod: MatchablePod): PluginEntry[] {
    return this.#ordered.filter((entry) => entry.matches(pod));
  }

  /** @returns the function that ends the subscription */
  subscribe(listener: (change: PluginChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(change: PluginChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function byPriorityThenName(a: PluginEntry, b: PluginEntry): number {
  return b.priority - a.priority || (a.name < b.name ? -1 : 1);
}
