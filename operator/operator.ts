import { hostname } from 'node:os';
import { compileGlobs } from './api/selectors.ts';
import { type OperatorConfig, ownsPods } from './config/config.ts';
import { podWriteConnections } from './kube/client/agents.ts';
import type { KubeClient } from './kube/client/client.ts';
import { Discovery } from './kube/client/discovery.ts';
import { FencedClient } from './kube/client/fenced-client.ts';
import type { PooledKubeConfig } from './kube/client/kubeconfig.ts';
import { ServerVersion } from './kube/client/server-version.ts';
import {
  createLeadership,
  defaultNamespace,
  type Leadership,
  leaseName,
  newIdentity,
} from './kube/election/leadership.ts';
import { type EventInput, EventRecorder } from './kube/events/events.ts';
import { FairGate } from './kube/queue/fair-gate.ts';
import { createQueue, type QueueInput } from './kube/queue/queues.ts';
import type { WorkQueue, WorkQueueOptions } from './kube/queue/workqueue.ts';
import type { Logger } from './observability/logging.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Tracer } from './observability/tracing/tracer.ts';
import { createPlugins, type PluginParts } from './plugins/create-plugins.ts';
import { NodeReports } from './plugins/reports/node-reports.ts';
import { pluginOfProgram } from './plugins/script/program.ts';
import { PluginSet } from './plugins/state/plugin-set.ts';
import { Statistics } from './plugins/status/statistics.ts';
import { AnnotationKeys } from './pods/annotations/annotations.ts';
import { ConflictCheck } from './pods/conflicts/conflict-check.ts';
import { PodController } from './pods/controller.ts';
import { DryRuns } from './pods/dry-run/dry-runs.ts';
import { Refusals } from './pods/refusals/refusals.ts';
import { createAskTrace, podAttributes } from './pods/resolve/ask-trace.ts';
import { Resolver } from './pods/resolve/resolver.ts';
import { NamespaceStore } from './pods/store/namespaces.ts';
import { PodStore } from './pods/store/store.ts';
import { OmittedNames } from './pods/write/omitted-names.ts';
import { PodWriter } from './pods/write/writer.ts';
import type { SandboxHost } from './sandbox/host-client.ts';
import { tracedSandbox } from './sandbox/traced-sandbox.ts';
import { Servers } from './serving/servers.ts';
import { OperatorShell } from './shell.ts';
import { aborted } from './time/aborted.ts';
import { systemClock } from './time/clock.ts';
import { RateLimiter } from './time/rate-limiter.ts';
import { Watches } from './watches.ts';
import { Work } from './work.ts';
import { ConfiguredKinds } from './workloads/kind-rules.ts';
import { MissingDependencies } from './workloads/missing-dependencies.ts';
import { OwnerReader } from './workloads/owner-reader.ts';
import { PermissionReport } from './workloads/permission-report.ts';
import { UnservedResources } from './workloads/unserved-resources.ts';

export interface LuaPluginOperatorOptions {
  readonly config: OperatorConfig;
  readonly kubeConfig: PooledKubeConfig;
  readonly client: KubeClient;
  /** Not started yet; the operator starts and stops it. */
  readonly sandbox: SandboxHost;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Absent: nothing is traced. The client's calls are traced by the client. */
  readonly tracing?: Tracer | undefined;
}

/** Who reports, in Events. */
const reportingController = 'luaplugin.dev/lua-plugin-operator';
/** How long, in milliseconds, an answer about the served API groups and resources is believed. */
const discoveryTtlMs = 10_000;
/** How often, in milliseconds, is looked for what owners can't be followed without. */
const awaitedIntervalMs = 5_000;
/** How long, in milliseconds, Pods wait at the start for all plugins to be tried. */
const firstLoadMs = 15_000;
/** For so long, in milliseconds, the nodes' reports about a plugin are gathered before its status is made. */
const reportsSettleMs = 1_000;

/** The operator: makes the rooms, joins them, and starts and stops them in order. */
export class LuaPluginOperator extends OperatorShell {
  readonly #options: LuaPluginOperatorOptions;
  readonly #servers: Servers;
  readonly #serverVersion: ServerVersion;
  readonly #unservedResources: UnservedResources;
  readonly #leadership: Leadership;
  readonly #statistics: Statistics;
  /** Undefined: this instance looks after the Pods of all nodes. */
  readonly #reports: NodeReports | undefined;
  readonly #events: EventRecorder;
  readonly #pluginParts: PluginParts;
  readonly #work: Work;
  readonly #watches: Watches;

  constructor(options: LuaPluginOperatorOptions) {
    const { config, kubeConfig, client, metrics, logger, tracing } = options;
    const sandbox = tracing === undefined ? options.sandbox : tracedSandbox(options.sandbox, tracing);
    super({ kubeConfig, client, logger });
    this.#options = options;
    const clock = systemClock;
    const keys = new AnnotationKeys(config.annotationPrefix, config.mirror);
    const plugins = new PluginSet();
    const { nodeName } = config;
    const namespace = kubeConfig.namespace ?? defaultNamespace;
    const identity = newIdentity();
    const leadership = createLeadership({
      config: config.leaderElection,
      namespace,
      identity,
      client,
      onTransition: (transition) => metrics.leaderTransitions.inc({ transition }),
      logger,
    });
    this.#leadership = leadership;
    metrics.controller.followLeader(leaseName, () => leadership.isLeader);
    // A node's Pods are this instance's alone, whoever is elected to report.
    metrics.followWork(() => nodeName !== undefined || leadership.isLeader);
    const writing = new FencedClient(client, () => leadership.isLeader);
    this.#events = new EventRecorder({
      client: writing,
      controller: reportingController,
      instance: hostname(),
      logger,
    });
    const discovery = new Discovery({ client, clock, ttlMs: discoveryTtlMs });

    const namespaces = new NamespaceStore(
      (namespace) => podController.sweepNamespace(namespace),
      (namespace) => {
        missing.forgetNamespace(namespace);
        owners.forgetNamespace(namespace);
      },
    );
    const recordIfLeading = (event: EventInput) => {
      if (leadership.isLeader) this.#events.record(event);
    };
    const refusals = new Refusals({
      recordEvent: recordIfLeading,
      onTrial: (uid) => podController.tryAgain(uid),
      onRelease: (uids) => podController.release(uids),
      clock,
      logger,
    });
    metrics.followRefusals(() => refusals.writes.counts());

    const statistics = new Statistics({
      metrics,
      clock,
      onChange: (plugin) => this.#pluginParts.queue.add(plugin),
      onNewError: (plugin, { failure, pod }) =>
        logger.warn(
          { plugin, pod, reason: failure.reason, error: failure.message },
          'plugin failed on a Pod',
        ),
      earlier: (plugin) => reports?.takeEarlier(plugin),
    });
    this.#statistics = statistics;
    metrics.followQuarantine((plugin) => (statistics.get(plugin).quarantinedUntil ?? 0) > clock.wallTime());
    const reports =
      nodeName === undefined
        ? undefined
        : new NodeReports({
            node: nodeName,
            instance: identity,
            namespace,
            client,
            fencedClient: writing,
            statistics,
            leaseDurationMs: config.leaderElection.leaseDurationMs,
            onChange: (plugin) => this.#pluginParts.queue.addAfter(plugin, reportsSettleMs),
            onKnown: () => pluginParts.controller.resync(),
            logger,
          });
    this.#reports = reports;
    const pluginParts = createPlugins({
      sandbox,
      plugins,
      statistics,
      reported: reports ?? statistics,
      countsMs: reports === undefined ? undefined : config.leaderElection.leaseDurationMs,
      client,
      fencedClient: writing,
      namespace,
      discovery,
      namespaceLabels: (namespace) => namespaces.labels(namespace),
      isLeader: () => leadership.isLeader,
      recordEvent: (event) => this.#events.record(event),
      createQueue: (name, concurrency, handler) => this.#queue(name, concurrency, handler),
      metrics,
      logger,
      clock,
    });
    this.#pluginParts = pluginParts;

    const store = new PodStore({
      keys,
      inScope: compileGlobs(config.namespaces),
      onChange: (record, origin) => podController.changed(record, origin),
      onRemove: (record) => podController.forget(record),
    });
    const missing = new MissingDependencies({
      clock,
      logger,
      intervalMs: awaitedIntervalMs,
      onArrival: () => void podController.revisit(),
    });
    const permissionQueue = this.#queue('permission', 1, (_key, signal) => permissions.reconcile(signal));
    const permissions = new PermissionReport({
      client: writing,
      namespace,
      queue: permissionQueue,
      recordEvent: recordIfLeading,
      logger,
    });
    const resources = config.resources.filter(ownsPods);
    const owners = new OwnerReader({
      client,
      discovery,
      logger,
      clock,
      missing,
      workers: config.concurrency,
      onRead: (result) => metrics.ownerReads.inc({ result }),
      onForbidden: (missing) => permissions.add(missing),
      onAllowed: (missing) => permissions.remove(missing),
    });
    const resolver = new Resolver({
      plugins,
      sandbox,
      owners,
      kinds: new ConfiguredKinds({ resources, discovery, missing }),
      standardResolution: config.standardResolution,
      allowedTypes: config.allowedTypes,
      metadataOf: (record) => store.metadata(record),
      upcoming: (count) => podQueue.upcoming(count).flatMap((uid) => store.get(uid) ?? []),
      trace: tracing === undefined ? undefined : createAskTrace(tracing),
      onStep: ({ name }, { answer, seconds }, record) => {
        statistics.called(name, answer, seconds, `${record.namespace}/${record.name}`);
      },
    });
    const podQueue = this.#queue(
      'pod',
      config.concurrency,
      (uid, signal) => podController.reconcile(uid, signal),
      {
        attributesOf: (uid) => podAttributes(store.get(uid)),
        flowOf: (uid) => store.get(uid)?.namespace ?? '',
      },
    );
    const dryRuns = new DryRuns(plugins, (plugin, report) => statistics.reportDryRun(plugin, report));
    const conflicts = new ConflictCheck({
      store,
      plugins,
      sandbox,
      clock,
      onChange: (plugin, found) => statistics.disagrees(plugin, found),
      onSampled: () => statistics.comparePlugins(),
    });
    const podController: PodController = new PodController({
      dryRuns,
      onSweep: (uid) => conflicts.offer(uid),
      store,
      resolver,
      writer: new PodWriter({
        // A node's Pods are this instance's alone, whoever is elected to report.
        client: reports === undefined ? writing : client,
        keys,
        limiter: new RateLimiter(config.writesPerSecond, clock),
        gate: new FairGate(podWriteConnections),
        isWanted: (uid) => store.get(uid) !== undefined,
        onWrite: (result) => metrics.podWrites.inc({ result }),
        refusals,
        omittedNames: new OmittedNames(logger),
      }),
      plugins,
      queue: podQueue,
      onCaughtUp: () => statistics.complete(),
      onCount: (plugin, pods) => statistics.resolves(plugin, pods),
      metrics,
      logger,
      clock,
    });
    podController.followPlugins();
    metrics.followLongestWait(() => podController.longestWaitSeconds);
    this.#work = new Work({
      pods: podController,
      besidePods: { 'conflict check': conflicts, 'missing things': missing, 'refused writes': refusals },
      statistics,
      reports,
      pluginParts,
      permissions,
      permissionQueue,
      logger,
    });

    this.#watches = new Watches({
      client,
      logger,
      namespaces,
      plugins: pluginParts.controller,
      pods: store,
      config,
    });
    const serverVersion = new ServerVersion({ client, clock, logger });
    this.#serverVersion = serverVersion;
    this.#unservedResources = new UnservedResources({ resources, discovery, clock, logger });
    this.#servers = new Servers({
      config,
      client,
      namespace,
      registry: metrics.registry,
      liveness: [
        { name: 'parts', check: () => this.parts.failure?.message },
        { name: 'sandbox', check: () => options.sandbox.fault },
      ],
      readiness: [
        serverVersion.check(() => this.#watches.plugins.isSynced),
        { name: 'sandbox', check: () => options.sandbox.problem },
        ...this.#watches.checks,
        ...(reports === undefined ? [] : [{ name: 'node-reports', check: () => reports.problem }]),
      ],
      logger,
    });
  }

  /**
   * Starts everything and returns; what has to wait for the API server goes on by itself.
   * @throws when an address or the sandbox can't be had
   */
  protected override async init(): Promise<void> {
    const { parts } = this;
    await this.#servers.start();
    for (const server of this.#servers.secure) parts.start(server.check.name, server);
    parts.start('server version', this.#serverVersion);
    parts.start('unserved resources', this.#unservedResources, { mayEnd: true });
    await this.#options.sandbox.start();
    parts.start('watch of Namespaces', this.#watches.namespaces);
    parts.start('watch of LuaPlugins', this.#watches.plugins);
    parts.start('scripts', this.#pluginParts.scripts);
    parts.start('queue luaplugin', { run: (signal) => this.#workOnPlugins(signal) });
    parts.start('events', this.#events);
    parts.start('watch of Pods', { run: (signal) => this.#watchPods(signal) });
    parts.start('leadership', { run: (signal) => this.#workOnPods(signal) });
  }

  async #workOnPlugins(signal: AbortSignal): Promise<void> {
    await this.#reports?.recall(signal);
    await this.#pluginParts.queue.run(signal);
  }

  /**
   * Pods wait until every plugin has been tried, but not for ever: what a plugin had resolved is kept until it can
   * answer again, only a new Pod would get the next plugin's answer meanwhile.
   */
  async #watchPods(signal: AbortSignal): Promise<void> {
    const { namespaces, plugins, pods } = this.#watches;
    const tried = async () => {
      await Promise.all([namespaces.synced, plugins.synced]);
      await Promise.race([this.#pluginParts.queue.whenIdle(), systemClock.sleep(firstLoadMs, signal)]);
    };
    await Promise.race([tried(), aborted(signal)]);
    await pods.run(signal);
  }

  async #workOnPods(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#watches.pods.synced, aborted(signal)]);
    if (signal.aborted) return;
    this.#options.logger.info('all Pods are known');
    this.#work.start(this.parts);
    await this.#leadership.run(signal, (term) => this.#work.lead(term));
  }

  /** Ends watches, the sandbox and the work under way; no Pod is left half written. May be called twice. */
  override async stop(): Promise<void> {
    // Together: who waits for a script's answer would else wait as long as the script takes.
    await Promise.all([super.stop(), this.#options.sandbox.stop()]);
    await this.#servers.stop();
    await this.#options.client.close();
  }

  /** The sandbox does not run a program until then; undefined: it does again. */
  quarantined(program: string, until: Date | undefined): void {
    const plugin = pluginOfProgram(program);
    const { logger } = this.#options;
    if (until === undefined) logger.info({ plugin }, 'plugin is asked again');
    else logger.warn({ plugin, until }, 'plugin quarantined: its calls had to be stopped repeatedly');
    this.#statistics.quarantine(plugin, until?.getTime());
  }

  #queue(
    name: string,
    concurrency: number,
    handler: WorkQueueOptions['handler'],
    more: Pick<QueueInput, 'attributesOf' | 'flowOf'> = {},
  ): WorkQueue {
    return createQueue({ name, concurrency, handler, ...more }, this.#options);
  }
}
