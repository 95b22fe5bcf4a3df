import { EventEmitter } from 'node:events';
import type { KubeClient } from '../../kube/client/client.ts';
import { describeError, isConflict, isObjectNotFound } from '../../kube/client/errors.ts';
import { leasesPath } from '../../kube/election/lease.ts';
import { Reflector } from '../../kube/watch/reflector.ts';
import type { Logger } from '../../observability/logging.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import type { EarlierErrors, PluginStatistics, Statistics } from '../status/statistics.ts';
import { ReportCollector, type SilentLease } from './collector.ts';
import { ReportPublisher } from './publisher.ts';
import { type ReportLease, reportLeaseName, reportSelector } from './report-lease.ts';
import { sumStatistics } from './sum.ts';
import { reportTiming } from './timing.ts';

export interface NodeReportsOptions {
  /** The node whose Pods this instance looks after. */
  readonly node: string;
  /** Who we are; different for every process. */
  readonly instance: string;
  /** Where the Leases are: the operator's own namespace. */
  readonly namespace: string;
  readonly client: KubeClient;
  /** Writes only while this instance is the elected one. */
  readonly fencedClient: KubeClient;
  readonly statistics: Pick<Statistics, 'get' | 'snapshot'>;
  readonly leaseDurationMs: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

const noErrors: EarlierErrors = { errors: 0, lastErrors: [] };

/**
 * What plugins come to when each node has an instance of its own: each publishes its numbers in a Lease, the elected
 * one adds them up. Numbers stay in the sum as long as their Lease exists, so neither an instance that is restarted
 * nor a change of the elected one lowers it; the elected one deletes the Leases of those that are gone.
 */
export class NodeReports {
  readonly #options: NodeReportsOptions & { readonly clock: Clock; readonly random: Random };
  readonly #publisher: ReportPublisher;
  readonly #listeners = new EventEmitter<{ change: [plugin: string]; known: [] }>();
  /** While this instance is the elected one. */
  #term: { readonly collector: ReportCollector; readonly reflector: Reflector<ReportLease> } | undefined;

  constructor(options: NodeReportsOptions) {
    const { clock = systemClock, random = Math.random } = options;
    this.#options = { ...options, clock, random };
    const { client, namespace, instance, node, statistics, leaseDurationMs, logger } = options;
    this.#publisher = new ReportPublisher({
      client,
      namespace,
      name: reportLeaseName(node),
      holder: instance,
      numbers: () => statistics.snapshot(),
      timing: reportTiming(leaseDurationMs),
      clock,
      random,
      logger,
    });
  }

  /** Has the listener told of each plugin whose numbers changed on another node, also of many changes in a row. */
  onChange(listener: (plugin: string) => void): void {
    this.#listeners.on('change', listener);
  }

  /** Has the listener told when this instance, newly elected, knows all reports. */
  onKnown(listener: () => void): void {
    this.#listeners.on('known', listener);
  }

  /** Why numbers can't be told or added up now, in one line fit for /readyz. */
  get problem(): string | undefined {
    return this.#publisher.problem ?? this.#term?.reflector.lastError;
  }

  /** Learns what this node's last instance had counted; waits until the API server answers. Never rejects. */
  recall(signal: AbortSignal): Promise<void> {
    return this.#publisher.recall(signal);
  }

  /** What this node's last instance had counted of a plugin's errors: once, after recall() has ended. */
  takeEarlier(plugin: string): EarlierErrors {
    return this.#publisher.takeEarlier(plugin) ?? noErrors;
  }

  /** Publishes this instance's numbers until the signal aborts. Never rejects. */
  publish(signal: AbortSignal): Promise<void> {
    return this.#publisher.run(signal);
  }

  /** A plugin's numbers on all nodes; undefined while they are not all known: those in the status still hold. */
  get(plugin: string): PluginStatistics | undefined {
    const own = this.#options.statistics.get(plugin);
    const { pods } = own;
    if (this.#term === undefined || !this.#term.reflector.isSynced || pods === undefined) return undefined;
    return sumStatistics({ ...own, pods }, this.#term.collector.rows(plugin));
  }

  /** The elected instance's part: follows all reports until its term ends, and deletes those of the gone. */
  async collect(term: AbortSignal): Promise<void> {
    const { client, namespace, node, leaseDurationMs, clock, random, logger } = this.#options;
    const collector = new ReportCollector({
      ownName: reportLeaseName(node),
      silenceMs: reportTiming(leaseDurationMs).silenceMs,
      onChange: (plugin) => this.#listeners.emit('change', plugin),
      clock,
      logger,
    });
    const reflector = new Reflector<ReportLease>({
      client,
      path: leasesPath(namespace),
      what: 'node reports',
      query: { labelSelector: reportSelector },
      sink: collector,
      logger,
      clock,
      random,
    });
    this.#term = { collector, reflector };
    reflector.synced.then(
      () => this.#listeners.emit('known'),
      () => {},
    );
    try {
      await Promise.all([reflector.run(term), this.#bury(collector, term)]);
    } finally {
      this.#term = undefined;
    }
  }

  async #bury(collector: ReportCollector, term: AbortSignal): Promise<void> {
    const { clock, leaseDurationMs } = this.#options;
    while (!term.aborted) {
      await clock.sleep(leaseDurationMs / 4, term).catch(() => {});
      for (const lease of collector.silent()) {
        if (term.aborted) return;
        await this.#delete(lease, collector, term);
      }
    }
  }

  /** Only the version that was seen silent: a watch that hangs must not make the living pass for dead. */
  async #delete({ uid, name, resourceVersion }: SilentLease, collector: ReportCollector, term: AbortSignal) {
    const { fencedClient, namespace, logger } = this.#options;
    try {
      await fencedClient.request({
        method: 'DELETE',
        path: `${leasesPath(namespace)}/${name}`,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } },
        signal: term,
      });
      logger.info({ lease: name }, 'a node has no instance any more; its counts are taken out');
    } catch (error) {
      // Gone already, or renewed; the watch will show it.
      if (term.aborted || isObjectNotFound(error) || isConflict(error)) return;
      const line = "can't delete the report of a node without an instance; its counts stay";
      logger.warn({ lease: name, error: describeError(error) }, line);
    } finally {
      collector.settled(uid);
    }
  }
}
