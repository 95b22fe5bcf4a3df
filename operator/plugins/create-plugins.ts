import type { NamespaceLabels } from '../api/selectors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Discovery } from '../kube/client/discovery.ts';
import type { EventInput } from '../kube/events/events.ts';
import type { CreateQueue } from '../kube/queue/create-queue.ts';
import type { WorkQueue } from '../kube/queue/workqueue.ts';
import type { Logger } from '../observability/logging.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import type { Clock } from '../time/clock.ts';
import { PluginController } from './controller.ts';
import { Lifecycle } from './lifecycle/lifecycle.ts';
import { NodeReports } from './node-reports/node-reports.ts';
import { RevisionHistory } from './revisions/revision-history.ts';
import { findStored } from './revisions/stored-revision.ts';
import { ScriptSources } from './script/script-sources.ts';
import { PluginSet } from './state/plugin-set.ts';
import { Statistics } from './status/statistics.ts';
import { StatusWriter } from './status/status-writer.ts';

export interface PluginsOptions {
  readonly sandbox: Sandbox;
  readonly client: KubeClient;
  /** Writes only while this instance leads. */
  readonly fencedClient: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  /** Where this instance looks after the Pods of one node: which, and who it is itself. */
  readonly node:
    | { readonly name: string; readonly instance: string; readonly leaseDurationMs: number }
    | undefined;
  readonly discovery: Pick<Discovery, 'servedGroups'>;
  readonly namespaceLabels: NamespaceLabels;
  readonly isLeader: () => boolean;
  readonly recordEvent: (event: EventInput) => void;
  readonly createQueue: CreateQueue;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What looks after LuaPlugins. */
export interface Plugins {
  /** Those that Pods are asked of. */
  readonly set: PluginSet;
  readonly statistics: Statistics;
  /** Undefined: this instance looks after the Pods of all nodes. */
  readonly reports: NodeReports | undefined;
  /** Runs as long as the operator. */
  readonly scripts: ScriptSources;
  /** Runs as long as the operator. */
  readonly controller: PluginController;
  /** The controller's. */
  readonly queue: Pick<WorkQueue, 'whenIdle'>;
  /** Runs while this instance leads. */
  readonly history: RevisionHistory;
}

/** Plugins put to work at a time: each load takes milliseconds, and more would only wait in the sandbox. */
const pluginConcurrency = 4;
/** For so long, in milliseconds, the nodes' reports about a plugin are gathered before its status is made. */
const reportsSettleMs = 1_000;

/** Makes what looks after LuaPlugins, and joins it; nothing runs yet. */
export function createPlugins(options: PluginsOptions): Plugins {
  const {
    client,
    fencedClient,
    namespace,
    node,
    discovery,
    createQueue,
    recordEvent,
    metrics,
    logger,
    clock,
  } = options;
  const set = new PluginSet();
  const queue = createQueue({ name: 'luaplugin', concurrency: pluginConcurrency });
  const statistics = new Statistics({
    metrics,
    clock,
    onNewError: (plugin, { failure: { reason, message }, pod }) =>
      logger.warn({ plugin, pod, reason, error: message }, 'plugin failed on a Pod'),
  });
  statistics.onChange((plugin) => queue.add(plugin));
  metrics.followQuarantine((plugin) => (statistics.get(plugin).quarantinedUntil ?? 0) > clock.wallTime());
  const reports =
    node &&
    new NodeReports({ ...node, node: node.name, namespace, client, fencedClient, statistics, logger });
  if (reports !== undefined) {
    statistics.countOnFrom((plugin) => reports.takeEarlier(plugin));
    reports.onChange((plugin) => queue.addAfter(plugin, reportsSettleMs));
  }
  const scripts = new ScriptSources({ client, logger });
  const lifecycle = new Lifecycle({
    ...options,
    plugins: set,
    statistics,
    scripts,
    missingGroups: async (groups) => {
      if (groups.length === 0) return [];
      const served = await discovery.servedGroups();
      return groups.filter((group) => !served.has(group));
    },
    storedRevision: (plugin, recorded) => findStored(plugin, recorded, { client, namespace }),
  });
  scripts.onChange((plugin) => {
    lifecycle.scriptChanged(plugin);
    queue.add(plugin, { atOnce: true });
  });
  const history = new RevisionHistory({
    client: fencedClient,
    namespace,
    queue: createQueue({ name: 'revision', concurrency: 1 }),
    recordEvent,
    logger,
  });
  const controller = new PluginController({
    lifecycle,
    statistics: reports ?? statistics,
    statusWriter: new StatusWriter({ client: fencedClient, clock, countsMs: node?.leaseDurationMs }),
    history,
    queue,
    isLeader: options.isLeader,
    recordEvent,
    clock,
  });
  reports?.onKnown(() => controller.resync());
  return { set, statistics, reports, scripts, controller, queue, history };
}
