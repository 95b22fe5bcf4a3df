import type { PluginChange, PluginEntry, PluginSet } from '../../plugins/state/plugin-set.ts';
import type { Conflict } from '../../plugins/status/conflict.ts';
import type { Call, Sandbox, Step, Workload } from '../../sandbox/contract.ts';
import type { Clock, Random } from '../../time/clock.ts';
import { type PodRecord, parseMetadata, pluginArgument } from '../store/pod.ts';
import type { PodStore } from '../store/store.ts';
import { ConflictLedger, type Disagreement } from './conflict-ledger.ts';

export interface ConflictCheckOptions {
  readonly store: Pick<PodStore, 'get' | 'records' | 'metadata'>;
  readonly plugins: Pick<PluginSet, 'candidates' | 'subscribe'>;
  readonly sandbox: Pick<Sandbox, 'evaluate'>;
  readonly clock: Clock;
  readonly random?: Random;
  /** Told a plugin's conflicts whenever these are others; an empty list when they are over. */
  readonly onChange: (plugin: string, conflicts: readonly Conflict[]) => void;
  /** Told once in each run, when a sample of all Pods was looked at. */
  readonly onSampled: () => void;
}

/** How often, in milliseconds, some Pods are looked at. */
const turnMs = 1_000;
/** As many of the Pods that a plugin's change concerns, for each change. */
const maxOffered = 100;
/** In one turn as many of these, and as many others, one after the other through all Pods. */
const offeredPerTurn = 20;
const othersPerTurn = 5;
/** As many plugins are asked about one Pod. */
const maxAsked = 20;

/**
 * Looks for plugins of the same priority that call a Pod differently, by asking all of them about some Pods: those
 * where conflicts were found, a sample of those that a plugin's change concerns, and in turn all others. What Pods get
 * does not wait for it.
 */
export class ConflictCheck {
  readonly #options: ConflictCheckOptions;
  readonly #random: Random;
  readonly #ledger: ConflictLedger;
  readonly #offered: string[] = [];
  /** How many Pods were offered since the sample was empty. */
  #offers = 0;
  #isSampled = false;
  #others: Iterator<PodRecord> | undefined;

  constructor(options: ConflictCheckOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#ledger = new ConflictLedger(options.onChange);
    options.plugins.subscribe((change) => this.#follow(change));
  }

  /** A plugin's change concerns this Pod. Of many each has the same chance to be looked at. */
  offer(uid: string): void {
    this.#offers += 1;
    if (this.#offered.length < maxOffered) {
      this.#offered.push(uid);
      return;
    }
    const place = Math.floor(this.#random() * this.#offers);
    if (place < maxOffered) this.#offered[place] = uid;
  }

  /** Looks at a sample of all Pods first, then at some every second, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#isSampled = false;
    for (const { uid } of this.#options.store.records()) this.offer(uid);
    while (!signal.aborted) {
      await this.#options.clock.sleep(turnMs, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#turn();
        this.#report();
      } catch (error) {
        // The sandbox stops with the operator.
        if (!signal.aborted) throw error;
      }
    }
  }

  /** Whether the conflicts of a plugin that was changed hold is seen in the next turn. */
  #follow({ before, after }: PluginChange): void {
    if (after === undefined) this.#ledger.forget(before?.name ?? '');
  }

  async #turn(): Promise<void> {
    const { store, sandbox } = this.#options;
    const offered = this.#offered.splice(0, offeredPerTurn);
    if (this.#offered.length === 0) this.#offers = 0;
    const known = this.#ledger.someUids(offeredPerTurn);
    const uids = new Set([...known, ...offered, ...this.#next()]);
    const questions: Question[] = [];
    for (const uid of uids) {
      const record = store.get(uid);
      const question = record === undefined ? undefined : this.#question(record);
      if (question === undefined) this.#ledger.found(uid, []);
      else questions.push(question);
    }
    if (questions.length === 0) return;
    const answers = await sandbox.evaluate(questions.flatMap(({ calls }) => calls));
    let next = 0;
    for (const { record, plugins, calls } of questions) {
      const said = answers.slice(next, next + calls.length);
      next += calls.length;
      const isThere = store.get(record.uid) === record;
      this.#ledger.found(record.uid, isThere ? conflictsIn(record, plugins, said) : []);
    }
  }

  #report(): void {
    if (this.#isSampled || this.#offered.length > 0) return;
    this.#isSampled = true;
    this.#options.onSampled();
  }

  /** The next few of all Pods; after the last comes the first. */
  #next(): string[] {
    const uids: string[] = [];
    this.#others ??= this.#options.store.records()[Symbol.iterator]();
    while (uids.length < othersPerTurn) {
      const { done, value } = this.#others.next();
      if (done) {
        this.#others = undefined;
        break;
      }
      uids.push(value.uid);
    }
    return uids;
  }

  #question(record: PodRecord): Question | undefined {
    const { store, plugins } = this.#options;
    const seen = store.metadata(record);
    const candidates = plugins.candidates(parseMetadata(seen));
    const asked = candidates
      .filter(({ mode, program }) => mode === 'Enforce' && program !== undefined)
      .slice(0, maxAsked);
    const hasEquals = asked.some(({ priority }, index) => asked[index + 1]?.priority === priority);
    if (!hasEquals) return undefined;
    const metadata = pluginArgument(seen, record.resourceVersion);
    const calls = asked.map(({ program }) => ({
      metadata,
      programs: program === undefined ? [] : [program],
    }));
    return { record, plugins: asked, calls };
  }
}

interface Question {
  readonly record: PodRecord;
  /** Each asked by itself, in their order. */
  readonly plugins: readonly PluginEntry[];
  readonly calls: readonly Call[];
}

function conflictsIn(
  { namespace, name }: PodRecord,
  plugins: readonly PluginEntry[],
  answers: readonly (readonly Step[])[],
): Disagreement[] {
  const said = plugins.flatMap((plugin, index) => {
    const answer = answers[index]?.[0]?.answer;
    if (answer?.result !== 'resolved') return [];
    return [{ priority: plugin.priority, name: plugin.name, says: { type: answer.type, name: answer.name } }];
  });
  const [winner, ...others] = said;
  if (winner === undefined) return [];
  return others
    .filter(({ priority, says }) => priority === winner.priority && !sameWorkload(says, winner.says))
    .map((loser) => ({ pod: `${namespace}/${name}`, winner, loser }));
}

function sameWorkload(a: Workload, b: Workload): boolean {
  return a.type === b.type && a.name === b.name;
}
