import type { NamespaceLabels } from '../api/selectors.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { Discovery } from '../kube/client/discovery.ts';
import type { EventInput } from '../kube/events/events.ts';
import type { WorkQueue, WorkQueueOptions } from '../kube/queue/workqueue.ts';
import type { Logger } from '../observability/logging.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import type { Clock } from '../time/clock.ts';
import { PluginController } from './controller.ts';
import { Lifecycle } from './lifecycle/lifecycle.ts';
import { RevisionHistory } from './revisions/revision-history.ts';
import { findStored } from './revisions/stored-revision.ts';
import { ScriptSources } from './script/script-sources.ts';
import type { PluginSet } from './state/plugin-set.ts';
import type { Statistics } from './status/statistics.ts';
import { StatusWriter } from './status/status-writer.ts';

export interface PluginPartsOptions {
  readonly sandbox: Sandbox;
  readonly plugins: PluginSet;
  readonly statistics: Statistics;
  /** The numbers that a status shows: this instance's, or those of all nodes. */
  readonly reported: ConstructorParameters<typeof PluginController>[0]['statistics'];
  readonly client: KubeClient;
  /** Writes only while this instance leads. */
  readonly fencedClient: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  readonly discovery: Pick<Discovery, 'servedGroups'>;
  readonly namespaceLabels: NamespaceLabels;
  /** Milliseconds between two writes of a status that differ in counts alone; the status writer's by default. */
  readonly countsMs?: number | undefined;
  readonly isLeader: () => boolean;
  readonly recordEvent: (event: EventInput) => void;
  readonly createQueue: (
    name: string,
    concurrency: number,
    handler: WorkQueueOptions['handler'],
  ) => WorkQueue;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** What looks after LuaPlugins. */
export interface PluginParts {
  /** Runs as long as the operator. */
  readonly scripts: ScriptSources;
  readonly controller: PluginController;
  /** Of plugins' names; runs as long as the operator. */
  readonly queue: WorkQueue;
  /** Of plugins' names whose revisions are to be kept; runs while this instance leads. */
  readonly revisionQueue: WorkQueue;
}

/** Plugins put to work at a time: each load takes milliseconds, and more would only wait in the sandbox. */
const pluginConcurrency = 4;

/** Makes what looks after LuaPlugins, and joins it; nothing runs yet. */
export function createPlugins(options: PluginPartsOptions): PluginParts {
  const { client, fencedClient, namespace, discovery, createQueue, recordEvent, logger, clock } = options;
  const queue = createQueue('luaplugin', pluginConcurrency, (name) => controller.reconcile(name));
  const revisionQueue = createQueue('revision', 1, (name, signal) => history.reconcile(name, signal));
  const scripts = new ScriptSources({
    client,
    logger,
    onChange: (plugin) => {
      lifecycle.scriptChanged(plugin);
      queue.add(plugin, { atOnce: true });
    },
  });
  const lifecycle = new Lifecycle({
    ...options,
    scripts,
    missingGroups: async (groups) => {
      if (groups.length === 0) return [];
      const served = await discovery.servedGroups();
      return groups.filter((group) => !served.has(group));
    },
    storedRevision: (plugin, recorded) => findStored(plugin, recorded, { client, namespace }),
  });
  const history = new RevisionHistory({
    client: fencedClient,
    namespace,
    queue: revisionQueue,
    recordEvent,
    logger,
  });
  const controller = new PluginController({
    lifecycle,
    statistics: options.reported,
    statusWriter: new StatusWriter({ client: fencedClient, clock, countsMs: options.countsMs }),
    history,
    queue,
    isLeader: options.isLeader,
    recordEvent,
    clock,
  });
  return { scripts, controller, queue, revisionQueue };
}
