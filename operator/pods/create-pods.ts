import { compileGlobs } from '../api/selectors.ts';
import type { OperatorConfig } from '../config/config.ts';
import { podWriteConnections } from '../kube/client/agents.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { EventInput } from '../kube/events/events.ts';
import type { CreateQueue } from '../kube/queue/create-queue.ts';
import { FairGate } from '../kube/queue/fair-gate.ts';
import type { Logger } from '../observability/logging.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Tracer } from '../observability/tracing/tracer.ts';
import type { PluginSet } from '../plugins/state/plugin-set.ts';
import type { Statistics } from '../plugins/status/statistics.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import type { Clock } from '../time/clock.ts';
import { RateLimiter } from '../time/rate-limiter.ts';
import type { Workloads } from '../workloads/create-workloads.ts';
import { AnnotationKeys } from './annotations/annotations.ts';
import { ConflictCheck } from './conflicts/conflict-check.ts';
import { PodController } from './controller.ts';
import { DryRuns } from './dry-run/dry-runs.ts';
import { Refusals } from './refusals/refusals.ts';
import { createAskTrace, podAttributes } from './resolve/ask-trace.ts';
import { Resolver } from './resolve/resolver.ts';
import type { NamespaceStore } from './store/namespaces.ts';
import { PodStore } from './store/store.ts';
import { OmittedNames } from './write/omitted-names.ts';
import { PodWriter } from './write/writer.ts';

export interface PodsOptions {
  readonly config: OperatorConfig;
  /** Writes to Pods: while this instance leads, or to the Pods of its node. */
  readonly client: KubeClient;
  readonly sandbox: Sandbox;
  readonly plugins: PluginSet;
  readonly statistics: Statistics;
  readonly workloads: Workloads;
  readonly namespaces: NamespaceStore;
  readonly createQueue: CreateQueue;
  readonly recordEvent: (event: EventInput) => void;
  readonly metrics: Metrics;
  /** Absent: nothing is traced. */
  readonly tracing: Tracer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What looks after Pods. */
export interface Pods {
  /** Knows them all as long as the operator runs. */
  readonly store: PodStore;
  /** These three run while this instance works on Pods. */
  readonly controller: PodController;
  readonly conflicts: ConflictCheck;
  readonly refusals: Refusals;
}

/** Makes what looks after Pods, and joins it; nothing runs yet. */
export function createPods(options: PodsOptions): Pods {
  const { config, client, sandbox, plugins, statistics, workloads, namespaces, metrics, clock, logger } =
    options;
  const { owners, reader, kinds, missing } = workloads;
  const keys = new AnnotationKeys(config.annotationPrefix, config.mirror);
  const store = new PodStore({ keys, inScope: compileGlobs(config.namespaces) });
  const queue = options.createQueue({
    name: 'pod',
    concurrency: config.concurrency,
    attributesOf: (uid) => podAttributes(store.get(uid)),
    flowOf: (uid) => store.get(uid)?.namespace ?? '',
  });
  const resolver = new Resolver({
    plugins,
    sandbox,
    owners,
    kinds,
    standardResolution: config.standardResolution,
    allowedTypes: config.allowedTypes,
    metadataOf: (record) => store.metadata(record),
    upcoming: (count) => queue.upcoming(count).flatMap((uid) => store.get(uid) ?? []),
    trace: options.tracing === undefined ? undefined : createAskTrace(options.tracing),
    onStep: ({ name }, { answer, seconds }, { namespace, name: pod }) =>
      statistics.called(name, answer, seconds, `${namespace}/${pod}`),
  });
  const refusals = new Refusals({ recordEvent: options.recordEvent, clock, logger });
  const writer = new PodWriter({
    client,
    keys,
    limiter: new RateLimiter(config.writesPerSecond, clock),
    gate: new FairGate(podWriteConnections),
    isWanted: (uid) => store.get(uid) !== undefined,
    onWrite: (result) => metrics.podWrites.inc({ result }),
    refusals,
    omittedNames: new OmittedNames(logger),
  });
  const dryRuns = new DryRuns(plugins, (plugin, report) => statistics.reportDryRun(plugin, report));
  const conflicts = new ConflictCheck({
    store,
    plugins,
    sandbox,
    clock,
    onChange: (plugin, found) => statistics.disagrees(plugin, found),
    onSampled: () => statistics.comparePlugins(),
  });
  const controller = new PodController({
    store,
    resolver,
    writer,
    plugins,
    queue,
    dryRuns,
    onSweep: (uid) => conflicts.offer(uid),
    onCaughtUp: () => statistics.complete(),
    onCount: (plugin, pods) => statistics.resolves(plugin, pods),
    metrics,
    logger,
    clock,
  });
  refusals.queueTo(controller);
  owners.followUse(() => store.owners());
  owners.onChange((uids) => void controller.ownersChanged(uids));
  missing.onArrival(() => void controller.revisit());
  namespaces.onChange((namespace) => controller.sweepNamespace(namespace));
  namespaces.onRemoval((namespace) => {
    missing.forgetNamespace(namespace);
    reader.forgetNamespace(namespace);
  });
  metrics.followRefusals(() => refusals.writes.counts());
  metrics.followLongestWait(() => controller.longestWaitSeconds);
  return { store, controller, conflicts, refusals };
}
