import type { CarriedWorkload, DryRunReport } from '../../api/generated.ts';
import type { PluginChange, PluginSet } from '../../plugins/state/plugin-set.ts';
import type { PodAnnotations } from '../annotations/annotations.ts';
import type { DryRunChange } from '../store/decision.ts';
import type { PodRecord } from '../store/pod.ts';

interface Change {
  readonly pod: string;
  readonly before: PodAnnotations;
  readonly after: PodAnnotations;
}

/** What one plugin in DryRun mode would change. */
interface Row {
  /** By the Pod's UID, the first found first. */
  readonly changes: Map<string, Change>;
  /** The Pods that the status shows. */
  readonly shown: Set<string>;
}

/** As many as the status has room for. */
const maxExamples = 10;

/** Keeps which Pods the plugins in DryRun mode would change. Holds nothing while there is no such plugin. */
export class DryRuns {
  readonly #onChange: (plugin: string, report: DryRunReport | undefined) => void;
  readonly #rows = new Map<string, Row>();

  /** @param onChange told what a plugin would change whenever that is news; undefined: it is in another mode */
  constructor(
    plugins: Pick<PluginSet, 'subscribe'>,
    onChange: (plugin: string, report: DryRunReport | undefined) => void,
  ) {
    this.#onChange = onChange;
    plugins.subscribe((change) => this.#follow(change));
  }

  /** A Pod was decided. @param dryRunChanges of the plugins that would change it, and of no other */
  decided({ uid, namespace, name }: PodRecord, dryRunChanges: readonly DryRunChange[] = []): void {
    for (const [plugin, row] of this.#rows) {
      const rehearsal = dryRunChanges.find((one) => one.plugin === plugin);
      if (rehearsal === undefined) this.#drop(plugin, row, uid);
      else this.#put(plugin, row, uid, { ...rehearsal, pod: `${namespace}/${name}` });
    }
  }

  /** A Pod is gone. */
  forget(uid: string): void {
    for (const [plugin, row] of this.#rows) this.#drop(plugin, row, uid);
  }

  #follow({ before, after }: PluginChange): void {
    const name = after?.name ?? before?.name ?? '';
    if (after?.mode !== 'DryRun') {
      if (this.#rows.delete(name)) this.#onChange(name, undefined);
    } else if (!this.#rows.has(name)) {
      const row = { changes: new Map<string, Change>(), shown: new Set<string>() };
      this.#rows.set(name, row);
      this.#onChange(name, report(row));
    }
  }

  #put(plugin: string, row: Row, uid: string, { pod, before, after }: Change): void {
    const known = row.changes.get(uid);
    // Annotations that are equal are one object.
    if (known?.before === before && known.after === after) return;
    row.changes.set(uid, { pod, before, after });
    if (row.shown.size < maxExamples) row.shown.add(uid);
    if (known === undefined || row.shown.has(uid)) this.#onChange(plugin, report(row));
  }

  #drop(plugin: string, row: Row, uid: string): void {
    if (!row.changes.delete(uid)) return;
    if (row.shown.delete(uid)) {
      for (const next of row.changes.keys()) {
        if (row.shown.size === maxExamples) break;
        row.shown.add(next);
      }
    }
    this.#onChange(plugin, report(row));
  }
}

function report({ changes, shown }: Row): DryRunReport {
  // While a list is taken over, a Pod and the one that it was made anew from are both there.
  const examples = new Map([...shown].flatMap((uid) => changes.get(uid) ?? []).map((one) => [one.pod, one]));
  return {
    podsChanging: changes.size,
    examples: [...examples.values()].map(({ pod, before, after }) => ({
      pod,
      before: shownAnnotations(before),
      after: shownAnnotations(after),
    })),
  };
}

/** What a Pod carries may be anybody's work; a status holds so much of it. */
function shownAnnotations({ type, name, resolvedBy }: PodAnnotations): CarriedWorkload {
  return {
    ...(type === undefined ? {} : { type: cut(type, 63) }),
    ...(name === undefined ? {} : { name: cut(name, 253) }),
    ...(resolvedBy === undefined ? {} : { resolvedBy: cut(resolvedBy, 317) }),
  };
}

/** So many characters of a text; half of one would come back from the API server as another. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}
