import { hostname } from 'node:os';
import { type LuaPlugin, luaPluginResource } from './api/generated.ts';
import { compileGlobs } from './api/selectors.ts';
import type { OperatorConfig } from './config.ts';
import type { KubeClient } from './kube/client.ts';
import { systemClock } from './kube/clock.ts';
import { Discovery } from './kube/discovery.ts';
import { EventRecorder } from './kube/events.ts';
import { FencedClient } from './kube/fenced-client.ts';
import type { PooledKubeConfig } from './kube/kubeconfig.ts';
import { queueMetrics } from './kube/queue-metrics.ts';
import { RateLimiter } from './kube/rate-limiter.ts';
import { Reflector } from './kube/reflector.ts';
import { OperatorShell } from './kube/shell.ts';
import type { KubeObject } from './kube/types.ts';
import { WorkQueue } from './kube/workqueue.ts';
import { createLeadership, type Leadership, leaseName } from './leadership.ts';
import { type HealthCheck, HttpServer } from './observability/http-server.ts';
import type { Logger } from './observability/logging.ts';
import type { Metrics } from './observability/metrics.ts';
import { PluginController } from './plugins/controller.ts';
import { Lifecycle } from './plugins/lifecycle.ts';
import { PluginSet } from './plugins/plugin-set.ts';
import { pluginOfProgram } from './plugins/program.ts';
import { Statistics } from './plugins/statistics.ts';
import { StatusWriter } from './plugins/status-writer.ts';
import { AnnotationKeys } from './pods/annotations.ts';
import { PodController, podPriority } from './pods/controller.ts';
import { NamespaceStore } from './pods/namespaces.ts';
import { Resolver } from './pods/resolver.ts';
import { PodStore } from './pods/store.ts';
import { PodWriter } from './pods/writer.ts';
import type { SandboxHost } from './sandbox/host-client.ts';
import { OwnerReader } from './workloads/owner-reader.ts';

export interface LuaPluginOperatorOptions {
  readonly config: OperatorConfig;
  readonly kubeConfig: PooledKubeConfig;
  readonly client: KubeClient;
  /** Not started yet; the operator starts and stops it. */
  readonly sandbox: SandboxHost;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Plugins put to work at a time: each load takes milliseconds, and more would only wait in the sandbox. */
const pluginConcurrency = 4;
/** Who reports, in Events. */
const reportingController = 'luaplugin.dev/lua-plugin-operator';
/** How long, in milliseconds, an answer about the served API groups and resources is believed. */
const discoveryTtlMs = 10_000;
/** How long, in milliseconds, Pods wait at the start for all plugins to be tried. */
const firstLoadMs = 15_000;
/** The longest back-off, in milliseconds, of a plugin or Pod that keeps failing. */
const maxDelayMs = 60_000;

/** The operator: makes the rooms, joins them, and starts and stops them in order. */
export class LuaPluginOperator extends OperatorShell {
  readonly #options: LuaPluginOperatorOptions;
  readonly #http: HttpServer;
  readonly #leadership: Leadership;
  readonly #statistics: Statistics;
  readonly #events: EventRecorder;
  readonly #pluginController: PluginController;
  readonly #pluginQueue: WorkQueue;
  readonly #podQueue: WorkQueue;
  readonly #namespaces: Reflector<KubeObject>;
  readonly #plugins: Reflector<LuaPlugin>;
  readonly #pods: Reflector<KubeObject>;

  constructor(options: LuaPluginOperatorOptions) {
    const { config, kubeConfig, client, sandbox, metrics, logger } = options;
    super({ kubeConfig, client, logger });
    this.#options = options;
    const clock = systemClock;
    const keys = new AnnotationKeys(config.annotationPrefix);
    const plugins = new PluginSet();
    const leadership = createLeadership({
      config: config.leaderElection,
      namespace: kubeConfig.namespace,
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

    const namespaces = new NamespaceStore((namespace) => {
      for (const record of store.records()) {
        if (record.namespace === namespace) this.#podQueue.add(record.uid, { priority: podPriority.sweep });
      }
    });

    const statistics = new Statistics({
      metrics,
      clock,
      onChange: (plugin) => this.#pluginQueue.add(plugin),
      onNewError: (plugin, { failure, pod }) =>
        logger.warn(
          { plugin, pod, reason: failure.reason, error: failure.message },
          'plugin failed on a Pod',
        ),
    });
    this.#statistics = statistics;
    const lifecycle = new Lifecycle({
      sandbox,
      plugins,
      statistics,
      metrics,
      logger,
      clock,
      namespaceLabels: (namespace) => namespaces.labels(namespace),
      missingGroups: async (groups) => {
        if (groups.length === 0) return [];
        const served = await discovery.servedGroups();
        return groups.filter((group) => !served.has(group));
      },
    });
    this.#pluginQueue = this.#queue('luaplugin', pluginConcurrency, (name) =>
      pluginController.reconcile(name),
    );
    const statusWriter = new StatusWriter({ client: writing, clock });
    const pluginController = new PluginController({
      lifecycle,
      statistics,
      statusWriter,
      queue: this.#pluginQueue,
      isLeader: () => leadership.isLeader,
      recordEvent: (event) => this.#events.record(event),
      clock,
    });

    this.#pluginController = pluginController;

    const store = new PodStore({
      keys,
      clock,
      inScope: compileGlobs(config.namespaces),
      onChange: (uid) => this.#podQueue.add(uid, { priority: podPriority.event }),
      onRemove: (record) => {
        this.#podQueue.forget(record.uid);
        podController.forget(record);
      },
    });
    const resolver = new Resolver({
      plugins,
      sandbox,
      owners: new OwnerReader({ client, discovery, logger, clock }),
      standardResolution: config.standardResolution,
      allowedTypes: config.allowedTypes,
      metadataOf: (record) => store.metadata(record),
      onStep: ({ name }, { answer, seconds }, record) => {
        statistics.called(name, answer, seconds, `${record.namespace}/${record.name}`);
      },
    });
    this.#podQueue = this.#queue('pod', config.concurrency, (uid) => podController.reconcile(uid));
    const podController = new PodController({
      store,
      resolver,
      writer: new PodWriter({
        client: writing,
        keys,
        limiter: new RateLimiter(config.writesPerSecond, clock),
        onWrite: (result) => metrics.podWrites.inc({ result }),
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
      sink: pluginController,
    });
    this.#pods = new Reflector({
      ...common,
      path: '/api/v1/pods',
      what: 'Pods',
      metadataOnly: true,
      sink: store,
    });
    this.#http = new HttpServer({
      address: config.http.address,
      registry: metrics.registry,
      liveness: [{ name: 'ping', check: () => undefined }],
      readiness: [
        { name: 'sandbox', check: () => sandbox.problem },
        syncCheck('namespaces', this.#namespaces),
        syncCheck('luaplugins', this.#plugins),
        syncCheck('pods', this.#pods),
      ],
      logger,
    });
  }

  /**
   * Starts everything and returns; what has to wait for the API server goes on by itself.
   * @throws when the HTTP address or the sandbox can't be had
   */
  protected override async init(): Promise<void> {
    await this.#http.start();
    await this.#options.sandbox.start();
    this.reflect(this.#namespaces);
    this.reflect(this.#plugins);
    this.reflect(this.#pluginQueue);
    this.reflect(this.#events);
    this.reflect({ run: (signal) => this.#workOnPods(signal) });
  }

  /**
   * Pods wait until every plugin has been tried, but not for ever: what a plugin had resolved is kept until it can
   * answer again, only a new Pod would get the next plugin's answer meanwhile.
   */
  async #workOnPods(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([this.#namespaces.synced, this.#plugins.synced]);
      await Promise.race([this.#pluginQueue.whenIdle(), systemClock.sleep(firstLoadMs, signal)]);
      if (signal.aborted) return;
      this.reflect(this.#pods);
      await this.#pods.synced;
      this.#options.logger.info('all Pods are known');
      await this.#leadership.run(signal, (term) => this.#lead(term));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** The work of the one instance that writes; it ends with the term. */
  async #lead(term: AbortSignal): Promise<void> {
    this.#pluginController.resync();
    void this.#podQueue.whenIdle().then(() => this.#statistics.complete());
    await this.#podQueue.run(term);
  }

  /** Ends watches, the sandbox and the work under way; no Pod is left half written. May be called twice. */
  override async stop(): Promise<void> {
    // Together: who waits for a script's answer would else wait as long as the script takes.
    await Promise.all([super.stop(), this.#options.sandbox.stop()]);
    await this.#http.stop();
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

  #queue(name: string, concurrency: number, handler: (key: string) => Promise<void>): WorkQueue {
    const { metrics, logger } = this.#options;
    return new WorkQueue({
      name,
      concurrency,
      handler,
      maxDelayMs,
      logger,
      metrics: queueMetrics(metrics.controller, name),
    });
  }
}

function syncCheck(
  name: string,
  reflector: Pick<Reflector<KubeObject>, 'isSynced' | 'lastError'>,
): HealthCheck {
  const check = () => reflector.lastError ?? (reflector.isSynced ? undefined : 'not listed yet');
  return { name, check };
}
