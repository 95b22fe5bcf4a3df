import { hostname } from 'node:os';
import { type LuaPlugin, luaPluginResource } from './api/generated.ts';
import { compileGlobs } from './api/selectors.ts';
import { type OperatorConfig, ownsPods } from './config.ts';
import type { KubeClient } from './kube/client.ts';
import { systemClock } from './kube/clock.ts';
import { Discovery } from './kube/discovery.ts';
import { type EventInput, EventRecorder } from './kube/events.ts';
import { FencedClient } from './kube/fenced-client.ts';
import type { PooledKubeConfig } from './kube/kubeconfig.ts';
import { RateLimiter } from './kube/rate-limiter.ts';
import { Reflector } from './kube/reflector.ts';
import { ServerVersion } from './kube/server-version.ts';
import { OperatorShell, type Runnable } from './kube/shell.ts';
import { syncCheck } from './kube/sync-check.ts';
import type { KubeObject } from './kube/types.ts';
import type { WorkQueue, WorkQueueOptions } from './kube/workqueue.ts';
import { createLeadership, defaultNamespace, type Leadership, leaseName, newIdentity } from './leadership.ts';
import type { Logger } from './observability/logging.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Tracer } from './observability/tracing.ts';
import { PluginSet } from './plugins/plugin-set.ts';
import { pluginOfProgram } from './plugins/program.ts';
import { NodeReports } from './plugins/reports/node-reports.ts';
import { createPluginRoom, type PluginRoom } from './plugins/room.ts';
import { Statistics } from './plugins/statistics.ts';
import { AnnotationKeys } from './pods/annotations.ts';
import { createAskTrace, podAttributes } from './pods/ask-trace.ts';
import { ConflictCheck } from './pods/conflict-check.ts';
import { PodController, podPriority } from './pods/controller.ts';
import { DryRuns } from './pods/dry-runs.ts';
import { MirrorFaults } from './pods/mirror-faults.ts';
import { NamespaceStore } from './pods/namespaces.ts';
import { Resolver } from './pods/resolver.ts';
import { PodStore } from './pods/store.ts';
import { PodWriter } from './pods/writer.ts';
import { createQueue, type QueueInput } from './queues.ts';
import type { SandboxHost } from './sandbox/host-client.ts';
import { tracedSandbox } from './sandbox/traced-sandbox.ts';
import { Servers } from './servers.ts';
import { AwaitedThings } from './workloads/awaited.ts';
import { ConfiguredKinds } from './workloads/kind-rules.ts';
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
  /** What is asked about the cluster, besides the work. */
  readonly #inquiries: readonly Runnable[];
  readonly #leadership: Leadership;
  readonly #statistics: Statistics;
  /** Undefined: this instance looks after the Pods of all nodes. */
  readonly #reports: NodeReports | undefined;
  readonly #events: EventRecorder;
  readonly #pluginRoom: PluginRoom;
  readonly #podQueue: WorkQueue;
  readonly #conflicts: ConflictCheck;
  readonly #awaited: AwaitedThings;
  readonly #mirrorFaults: MirrorFaults;
  readonly #permissions: PermissionReport;
  readonly #permissionQueue: WorkQueue;
  readonly #namespaces: Reflector<KubeObject>;
  readonly #plugins: Reflector<LuaPlugin>;
  readonly #pods: Reflector<KubeObject>;

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
      logger,
    });
    this.#leadership = leadership;
    metrics.controller.followLeader(leaseName, () => leadership.isLeader);
    const writing = new FencedClient(client, () => leadership.isLeader);
    this.#events = new EventRecorder({
      client: writing,
      controller: reportingController,
      instance: hostname(),
      logger,
    });
    const discovery = new Discovery({ client, clock, ttlMs: discoveryTtlMs });

    const namespaces = new NamespaceStore((namespace) => void podController.sweepNamespace(namespace));
    const recordIfLeading = (event: EventInput) => {
      if (leadership.isLeader) this.#events.record(event);
    };
    this.#mirrorFaults = new MirrorFaults({
      recordEvent: recordIfLeading,
      onRetry: (namespace) => podController.sweepNamespace(namespace),
      clock,
      logger,
    });

    const statistics = new Statistics({
      metrics,
      clock,
      onChange: (plugin) => this.#pluginRoom.queue.add(plugin),
      onNewError: (plugin, { failure, pod }) =>
        logger.warn(
          { plugin, pod, reason: failure.reason, error: failure.message },
          'plugin failed on a Pod',
        ),
      earlier: (plugin) => reports?.takeEarlier(plugin),
    });
    this.#statistics = statistics;
    metrics.followQuarantine((plugin) => (statistics.get(plugin).quarantinedUntil ?? 0) > clock.now());
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
            onChange: (plugin) => this.#pluginRoom.queue.addAfter(plugin, reportsSettleMs),
            onKnown: () => pluginRoom.controller.resync(),
            logger,
          });
    this.#reports = reports;
    const pluginRoom = createPluginRoom({
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
    this.#pluginRoom = pluginRoom;

    const store = new PodStore({
      keys,
      clock,
      inScope: compileGlobs(config.namespaces),
      onChange: (uid) => this.#podQueue.add(uid, { priority: podPriority.event, atOnce: true }),
      onRemove: (record) => {
        this.#podQueue.forget(record.uid);
        podController.forget(record);
      },
    });
    this.#awaited = new AwaitedThings({
      clock,
      logger,
      intervalMs: awaitedIntervalMs,
      onArrival: () => void podController.revisit(),
    });
    this.#permissionQueue = this.#queue('permission', 1, () => permissions.reconcile());
    const permissions = new PermissionReport({
      client: writing,
      namespace,
      queue: this.#permissionQueue,
      recordEvent: recordIfLeading,
      logger,
    });
    this.#permissions = permissions;
    const resources = config.resources.filter(ownsPods);
    const resolver = new Resolver({
      plugins,
      sandbox,
      owners: new OwnerReader({
        client,
        discovery,
        logger,
        clock,
        awaited: this.#awaited,
        onRead: (result) => metrics.ownerReads.inc({ result }),
        onForbidden: (missing) => permissions.add(missing),
        onAllowed: (missing) => permissions.remove(missing),
      }),
      kinds: new ConfiguredKinds({ resources, discovery, awaited: this.#awaited }),
      standardResolution: config.standardResolution,
      allowedTypes: config.allowedTypes,
      metadataOf: (record) => store.metadata(record),
      upcoming: (count) => this.#podQueue.upcoming(count).flatMap((uid) => store.get(uid) ?? []),
      trace: tracing === undefined ? undefined : createAskTrace(tracing),
      onStep: ({ name }, { answer, seconds }, record) => {
        statistics.called(name, answer, seconds, `${record.namespace}/${record.name}`);
      },
    });
    this.#podQueue = this.#queue(
      'pod',
      config.concurrency,
      (uid) => podController.reconcile(uid),
      (uid) => podAttributes(store.get(uid)),
    );
    const dryRuns = new DryRuns(plugins, (plugin, report) => statistics.rehearses(plugin, report));
    const conflicts = new ConflictCheck({
      store,
      plugins,
      sandbox,
      clock,
      onChange: (plugin, found) => statistics.disagrees(plugin, found),
      onSampled: () => statistics.comparePlugins(),
    });
    this.#conflicts = conflicts;
    const podController = new PodController({
      dryRuns,
      onSweep: (uid) => conflicts.offer(uid),
      store,
      resolver,
      writer: new PodWriter({
        // A node's Pods are this instance's alone, whoever is elected to report.
        client: reports === undefined ? writing : client,
        keys,
        limiter: new RateLimiter(config.writesPerSecond, clock),
        onWrite: (result) => metrics.podWrites.inc({ result }),
        faults: this.#mirrorFaults,
      }),
      plugins,
      queue: this.#podQueue,
      onCount: (plugin, pods) => statistics.resolves(plugin, pods),
      metrics,
      logger,
      clock,
    });
    podController.followPlugins();

    const { group, version, plural } = luaPluginResource;
    const common = { client, logger };
    this.#namespaces = new Reflector({
      ...common,
      path: '/api/v1/namespaces',
      what: 'Namespaces',
      metadataOnly: true,
      sink: namespaces,
    });
    this.#plugins = new Reflector({
      ...common,
      path: `/apis/${group}/${version}/${plural}`,
      what: 'LuaPlugins',
      // Each may have 1.5 MB, and a page has to fit into one text.
      pageSize: 50,
      sink: pluginRoom.controller,
    });
    this.#pods = new Reflector({
      ...common,
      path: '/api/v1/pods',
      what: 'Pods',
      query: { fieldSelector: nodeName === undefined ? undefined : `spec.nodeName=${nodeName}` },
      metadataOnly: true,
      sink: store,
    });
    const serverVersion = new ServerVersion({ client, clock, logger });
    this.#inquiries = [serverVersion, new UnservedResources({ resources, discovery, clock, logger })];
    this.#servers = new Servers({
      config,
      client,
      namespace,
      registry: metrics.registry,
      readiness: [
        serverVersion.check(() => this.#plugins.isSynced),
        { name: 'sandbox', check: () => options.sandbox.problem },
        syncCheck('namespaces', this.#namespaces),
        syncCheck('luaplugins', this.#plugins),
        syncCheck('pods', this.#pods),
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
    await this.#servers.start();
    this.reflect(this.#servers);
    for (const inquiry of this.#inquiries) this.reflect(inquiry);
    await this.#options.sandbox.start();
    this.reflect(this.#namespaces);
    this.reflect(this.#plugins);
    this.reflect(this.#pluginRoom.scripts);
    this.reflect({ run: (signal) => this.#workOnPlugins(signal) });
    this.reflect(this.#events);
    this.reflect({ run: (signal) => this.#workOnPods(signal) });
  }

  async #workOnPlugins(signal: AbortSignal): Promise<void> {
    await this.#reports?.recall(signal);
    await this.#pluginRoom.queue.run(signal);
  }

  /**
   * Pods wait until every plugin has been tried, but not for ever: what a plugin had resolved is kept until it can
   * answer again, only a new Pod would get the next plugin's answer meanwhile.
   */
  async #workOnPods(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([this.#namespaces.synced, this.#plugins.synced]);
      await Promise.race([this.#pluginRoom.queue.whenIdle(), systemClock.sleep(firstLoadMs, signal)]);
      if (signal.aborted) return;
      this.reflect(this.#pods);
      await this.#pods.synced;
      this.#options.logger.info('all Pods are known');
      const leading = this.#leadership.run(signal, (term) => this.#lead(term));
      const reports = this.#reports;
      await (reports === undefined
        ? leading
        : Promise.all([leading, this.#handlePods(signal), reports.publish(signal)]));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The work of the one instance that is elected; it ends with the term. */
  async #lead(term: AbortSignal): Promise<void> {
    this.#pluginRoom.controller.resync();
    const work = this.#reports === undefined ? this.#handlePods(term) : this.#reports.collect(term);
    this.#permissions.restart();
    await Promise.all([work, this.#pluginRoom.revisionQueue.run(term), this.#permissionQueue.run(term)]);
  }

  async #handlePods(signal: AbortSignal): Promise<void> {
    void this.#podQueue.whenIdle().then(() => this.#statistics.complete());
    await Promise.all([
      this.#podQueue.run(signal),
      this.#conflicts.run(signal),
      this.#awaited.run(signal),
      this.#mirrorFaults.run(signal),
    ]);
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
    attributesOf?: QueueInput['attributesOf'],
  ): WorkQueue {
    const input = { name, concurrency, handler, ...(attributesOf === undefined ? {} : { attributesOf }) };
    return createQueue(input, this.#options);
  }
}
