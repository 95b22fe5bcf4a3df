import { setImmediate } from 'node:timers/promises';
import type { WorkQueue } from '../kube/queue/workqueue.ts';
import type { Origin } from '../kube/watch/reflector.ts';
import type { Logger } from '../observability/logging.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { PluginChange, PluginSet } from '../plugins/state/plugin-set.ts';
import { aborted, unlessAborted } from '../time/aborted.ts';
import type { Clock } from '../time/clock.ts';
import { pluginOf } from './annotations/annotations.ts';
import type { DryRuns } from './dry-run/dry-runs.ts';
import { OverwriteBackoff } from './overwrite-backoff.ts';
import type { Resolver } from './resolve/resolver.ts';
import { type PodRecord, SeenPod } from './store/pod.ts';
import type { PodStore } from './store/store.ts';
import { Waits } from './waits.ts';
import type { PodWriter } from './write/writer.ts';

/** A new or changed Pod goes before the sweep over all that a term or a plugin's change starts. */
export const podPriority = { event: 1, sweep: 0 } as const;

/** Pods looked at in one turn of the event loop; each takes some 10 us. */
const sweepStep = 500;

/** Milliseconds until a Pod that is said to be gone, but is not seen to go, is tried again. */
const goneMs = 10_000;

export interface PodControllerOptions {
  readonly store: PodStore;
  readonly resolver: Resolver;
  readonly writer: PodWriter;
  readonly plugins: PluginSet;
  readonly queue: Pick<WorkQueue, 'add' | 'addAfter' | 'forget' | 'clear' | 'run'>;
  /** Told how many Pods a plugin resolves, whenever that changes. */
  readonly onCount: (plugin: string, pods: number) => void;
  /** Told when all Pods that there were at the beginning of a term have been looked at. */
  readonly onCaughtUp?: () => void;
  /** Told of each Pod that a plugin's change concerns. */
  readonly onSweep?: (uid: string) => void;
  /** Told of each decision, for the plugins in DryRun mode. */
  readonly dryRuns?: Pick<DryRuns, 'decided' | 'forget'>;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Brings each Pod's annotations to what plugins and standard resolution say of it. */
export class PodController {
  readonly #options: PodControllerOptions;
  readonly #counts = new Map<string, number>();
  readonly #overwrites: OverwriteBackoff;
  readonly #waits: Waits;
  /** By UID: the Pods that there were when the term began, until each has had its turn, well or not. */
  readonly #unseen = new Set<string>();
  #allSeen = Promise.withResolvers<void>();
  #isWorking = false;

  constructor(options: PodControllerOptions) {
    this.#options = options;
    this.#overwrites = new OverwriteBackoff(options.clock);
    this.#waits = new Waits(options.clock);
    options.store.onChange((record, origin) => this.#changed(record, origin));
    options.store.onRemoval((record) => this.#forget(record));
    options.plugins.subscribe((change) => this.#pluginChanged(change));
  }

  /** The seconds that the Pod waits that waits longest for its annotations; 0 when none does. */
  get longestWaitSeconds(): number {
    return this.#waits.longestSeconds;
  }

  /**
   * Works on Pods until the signal aborts: on all there are, as a sweep, and on those that come and change. Until then
   * and afterwards no Pod is queued. May run again.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { store, queue } = this.#options;
    this.#isWorking = true;
    for (const { uid } of store.records()) this.#unseen.add(uid);
    const caughtUp = this.#catchUp(signal);
    try {
      await queue.run(signal, (uid, ending) => this.reconcile(uid, ending));
    } finally {
      this.#isWorking = false;
      queue.clear();
      this.#waits.clear();
      this.#unseen.clear();
    }
    await caughtUp;
  }

  /** Queues a Pod that is new or has changed: what the watch tells is news, what a list shows may be long known. */
  #changed(record: PodRecord, origin: Origin): void {
    if (!this.#isWorking || this.#isOwnWrite(record)) return;
    const { uid } = record;
    const isNews = origin === 'watch';
    this.#waits.begin(uid);
    this.#options.queue.add(uid, { priority: podPriority[isNews ? 'event' : 'sweep'], atOnce: isNews });
  }

  /** Queues the Pods that a plugin's change concerns again. */
  #pluginChanged({ before, after }: PluginChange): void {
    const { store, onSweep } = this.#options;
    void this.#sweep((record) => {
      const pod = new SeenPod(record.namespace, () => store.metadata(record));
      if (!before?.matches(pod) && !after?.matches(pod)) return false;
      onSweep?.(record.uid);
      return true;
    });
  }

  /**
   * The queue's handler: decides about one Pod and writes what differs. A Pod that is gone needs nothing.
   * @throws the signal's reason once it aborts, whatever the Pod waits for then
   */
  async reconcile(uid: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#reconcile(uid, signal);
    } finally {
      this.#seen(uid);
    }
  }

  async #reconcile(uid: string, signal: AbortSignal): Promise<void> {
    const { store, resolver, writer, queue, metrics, logger } = this.#options;
    const record = store.get(uid);
    if (record === undefined) return;
    // What is asked is asked for other Pods, too: it goes on.
    const decision = await unlessAborted(resolver.decide(record), signal);
    // While the plugins were asked the Pod may have gone.
    if (store.get(uid) !== record) return;
    this.#options.dryRuns?.decided(record, decision.dryRunChanges);
    if (decision.retryMs !== undefined) queue.addAfter(uid, decision.retryMs);
    if (decision.action === 'keep') {
      writer.forget(record);
      this.#count(record, decision.plugin);
      this.#waits.end(uid);
      return;
    }
    const { annotations } = decision;
    const difference = writer.differenceFrom(record, annotations);
    if (difference !== undefined) {
      const waitMs = record.wrote === annotations ? this.#overwrites.ask(uid) : 0;
      if (waitMs > 0) {
        queue.addAfter(uid, waitMs);
        return;
      }
      const written = await writer.write(record, annotations, difference, signal).catch((error: unknown) => {
        this.#waitsOn(record);
        throw error;
      });
      // The watch tells that a Pod is gone, and may have told it while the answer was on its way.
      if (store.get(uid) !== record) {
        writer.forget(record);
        return;
      }
      // Whoever refuses it is asked again by the Pod whose turn it is; this one is queued again when that passes.
      if (written === 'refused') {
        this.#waitsOn(record);
        return;
      }
      if (written === undefined) {
        queue.addAfter(uid, goneMs);
        return;
      }
      record.wrote = annotations;
      if (written !== 'unchanged') {
        const seconds = this.#waits.end(uid);
        if (seconds !== undefined) metrics.resolutionDuration.observe(seconds);
        store.upsert(written);
        logger.debug(
          {
            pod: `${record.namespace}/${record.name}`,
            plugin: pluginOf(annotations.resolvedBy),
            type: annotations.type,
            workload: annotations.name,
          },
          'Pod annotated',
        );
        // The answer may be the first to tell that the Pod is on its way out.
        if (store.get(uid) !== record) return;
      }
    }
    this.#waits.end(uid);
    this.#count(record, pluginOf(annotations.resolvedBy));
  }

  /** Queues the Pods of these owners again, by UID: something above them is another now. */
  async ownersChanged(uids: ReadonlySet<string>): Promise<void> {
    const { store, resolver, queue } = this.#options;
    // What is asked for now may rest on what was.
    resolver.ownersChanged();
    let step = 0;
    for (const record of store.records()) {
      if (record.owner !== undefined && uids.has(record.owner)) {
        record.decided = undefined;
        if (this.#isWorking) queue.add(record.uid, { priority: podPriority.event });
      }
      step += 1;
      if (step % (100 * sweepStep) === 0) await setImmediate();
    }
  }

  /** Queues the Pods whose last answer was for the time being again: what they waited for may be there. */
  async revisit(): Promise<void> {
    await this.#sweep(({ decided }) => decided?.decision.retryMs !== undefined);
  }

  /** Queues the Pods of a namespace again. */
  sweepNamespace(namespace: string): void {
    const { store, queue } = this.#options;
    if (!this.#isWorking) return;
    for (const record of store.records()) {
      if (record.namespace === namespace) queue.add(record.uid, { priority: podPriority.sweep });
    }
  }

  /** Queues a Pod whose turn it is to try whether it is still refused. @returns false when it is gone */
  tryAgain(uid: string): boolean {
    const { store, queue } = this.#options;
    if (!this.#isWorking || store.get(uid) === undefined) return false;
    queue.add(uid, { priority: podPriority.event });
    return true;
  }

  /** Queues Pods that nobody refuses any more. */
  release(uids: readonly string[]): void {
    const { store, queue } = this.#options;
    if (!this.#isWorking) return;
    for (const uid of uids) {
      if (store.get(uid) !== undefined) queue.add(uid, { priority: podPriority.sweep });
    }
  }

  /** Drops what is known of a Pod that is gone. */
  #forget(record: PodRecord): void {
    this.#options.queue.forget(record.uid);
    this.#waits.end(record.uid);
    this.#seen(record.uid);
    this.#options.writer.forget(record);
    this.#options.dryRuns?.forget(record.uid);
    this.#count(record, undefined);
    this.#overwrites.forget(record.uid);
  }

  /** Whether all that changed is that the Pod carries now what was decided and written. */
  #isOwnWrite(record: PodRecord): boolean {
    const { wrote, decided } = record;
    if (wrote === undefined || decided === undefined) return false;
    return this.#options.writer.differenceFrom(record, wrote) === undefined;
  }

  /** The Pod was to be written, and is not, whatever had brought it to its turn. */
  #waitsOn(record: PodRecord): void {
    if (this.#isWorking && this.#options.store.get(record.uid) === record) this.#waits.begin(record.uid);
  }

  async #catchUp(signal: AbortSignal): Promise<void> {
    await this.#sweep(({ uid }) => {
      this.#waits.begin(uid);
      return true;
    });
    // Not until the queue is idle: where Pods never cease to come it never is.
    this.#allSeen = Promise.withResolvers();
    if (this.#unseen.size > 0) await Promise.race([this.#allSeen.promise, aborted(signal)]);
    if (!signal.aborted) this.#options.onCaughtUp?.();
  }

  #seen(uid: string): void {
    if (this.#unseen.delete(uid) && this.#unseen.size === 0) this.#allSeen.resolve();
  }

  /** Queues Pods, going through all in steps, so that events and answers are not kept waiting meanwhile. */
  async #sweep(concerns: (record: PodRecord) => boolean): Promise<void> {
    const { store, queue } = this.#options;
    let step = 0;
    for (const record of store.records()) {
      if (!this.#isWorking) return;
      if (concerns(record)) queue.add(record.uid, { priority: podPriority.sweep });
      step += 1;
      if (step % sweepStep === 0) await setImmediate();
    }
  }

  #count(record: PodRecord, plugin: string | undefined): void {
    if (record.countedFor === plugin) return;
    for (const [name, difference] of [
      [record.countedFor, -1],
      [plugin, 1],
    ] as const) {
      if (name === undefined) continue;
      const pods = (this.#counts.get(name) ?? 0) + difference;
      if (pods === 0) this.#counts.delete(name);
      else this.#counts.set(name, pods);
      this.#options.onCount(name, pods);
    }
    record.countedFor = plugin;
  }
}
