import { hostname } from 'node:os';
import { compileGlobs } from './api/selectors.ts';
import { type OperatorConfig, ownsPods } from './config/config.ts';
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
import { queuesWith } from './kube/queue/create-queue.ts';
import type { Logger } from './observability/logging.ts';
import type { Metrics } from './observability/metrics.ts';
import type { Tracer } from './observability/tracing/tracer.ts';
import { createPlugins, type Plugins } from './plugins/create-plugins.ts';
import { pluginOfProgram } from './plugins/script/program.ts';
import { createPods } from './pods/create-pods.ts';
import { NamespaceStore } from './pods/store/namespaces.ts';
import type { SandboxHost } from './sandbox/host-client.ts';
import { tracedSandbox } from './sandbox/traced-sandbox.ts';
import { Servers } from './serving/servers.ts';
import { OperatorShell } from './shell.ts';
import { aborted } from './time/aborted.ts';
import { systemClock as clock } from './time/clock.ts';
import { Watches } from './watches.ts';
import { Work } from './work.ts';
import { createWorkloads, type Workloads } from './workloads/create-workloads.ts';

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
/** How long, in milliseconds, Pods wait at the start for all plugins to be tried. */
const firstLoadMs = 15_000;

/** The operator: makes the rooms, joins them, and starts and stops them in order. */
export class LuaPluginOperator extends OperatorShell {
  readonly #options: LuaPluginOperatorOptions;
  readonly #leadership: Leadership;
  readonly #events: EventRecorder;
  readonly #plugins: Plugins;
  readonly #workloads: Workloads;
  readonly #work: Work;
  readonly #watches: Watches;
  readonly #serverVersion: ServerVersion;
  readonly #servers: Servers;

  constructor(options: LuaPluginOperatorOptions) {
    const { config, kubeConfig, client, metrics, logger, tracing } = options;
    super(kubeConfig, logger);
    this.#options = options;
    const { nodeName, leaderElection } = config;
    const namespace = kubeConfig.namespace ?? defaultNamespace;
    const instance = newIdentity();
    const leadership = createLeadership({
      config: leaderElection,
      namespace,
      identity: instance,
      client,
      onTransition: (transition) => metrics.leaderTransitions.inc({ transition }),
      logger,
    });
    const isLeader = () => leadership.isLeader;
    metrics.controller.followLeader(leaseName, isLeader);
    // A node's Pods are this instance's alone, whoever is elected to report.
    metrics.followWork(() => nodeName !== undefined || isLeader());
    const fencedClient = new FencedClient(client, isLeader);
    const events = new EventRecorder({
      client: fencedClient,
      controller: reportingController,
      instance: hostname(),
      logger,
    });
    const recordIfLeading = (event: EventInput) => {
      if (isLeader()) events.record(event);
    };
    const sandbox = tracing === undefined ? options.sandbox : tracedSandbox(options.sandbox, tracing);
    const discovery = new Discovery({ client, clock, ttlMs: discoveryTtlMs });
    const namespaces = new NamespaceStore();
    const createQueue = queuesWith(options);
    const common = {
      client,
      fencedClient,
      namespace,
      sandbox,
      discovery,
      createQueue,
      metrics,
      logger,
      clock,
    };

    const plugins = createPlugins({
      ...common,
      isLeader,
      node: nodeName === undefined ? undefined : { ...leaderElection, name: nodeName, instance },
      namespaceLabels: (name) => namespaces.labels(name),
      recordEvent: (event) => events.record(event),
    });
    const workloads = createWorkloads({
      ...common,
      resources: config.resources.filter(ownsPods),
      standardWorkload: config.standardWorkload,
      inScope: compileGlobs(config.namespaces),
      watchesOwners: nodeName === undefined,
      concurrency: config.concurrency,
      recordEvent: recordIfLeading,
    });
    const pods = createPods({
      ...common,
      config,
      client: nodeName === undefined ? fencedClient : client,
      plugins: plugins.set,
      statistics: plugins.statistics,
      workloads,
      namespaces,
      recordEvent: recordIfLeading,
      tracing,
    });
    const watches = new Watches({
      client,
      logger,
      config,
      namespaces,
      plugins: plugins.controller,
      pods: pods.store,
    });
    const serverVersion = new ServerVersion({ client, clock, logger });
    const { reports } = plugins;
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
        serverVersion.check(() => watches.plugins.isSynced),
        { name: 'sandbox', check: () => options.sandbox.problem },
        ...watches.checks,
        ...(reports === undefined ? [] : [{ name: 'node-reports', check: () => reports.problem }]),
      ],
      logger,
    });
    this.#work = new Work({ plugins, workloads, pods, logger });
    this.#leadership = leadership;
    this.#events = events;
    this.#plugins = plugins;
    this.#workloads = workloads;
    this.#watches = watches;
    this.#serverVersion = serverVersion;
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
    parts.start('unserved resources', this.#workloads.unserved, { mayEnd: true });
    await this.#options.sandbox.start();
    parts.start('watch of Namespaces', this.#watches.namespaces);
    parts.start('watch of LuaPlugins', this.#watches.plugins);
    const { watches: owners } = this.#workloads;
    if (owners !== undefined) parts.start('watches of owners', owners);
    parts.start('scripts', this.#plugins.scripts);
    parts.start('queue luaplugin', { run: (signal) => this.#workOnPlugins(signal) });
    parts.start('events', this.#events);
    parts.start('watch of Pods', { run: (signal) => this.#watchPods(signal) });
    parts.start('leadership', { run: (signal) => this.#workOnPods(signal) });
  }

  async #workOnPlugins(signal: AbortSignal): Promise<void> {
    await this.#plugins.reports?.recall(signal);
    await this.#plugins.controller.run(signal);
  }

  /**
   * Pods wait until every plugin has been tried, but not for ever: what a plugin had resolved is kept until it can
   * answer again, only a new Pod would get the next plugin's answer meanwhile.
   */
  async #watchPods(signal: AbortSignal): Promise<void> {
    const { namespaces, plugins, pods } = this.#watches;
    const tried = async () => {
      await Promise.all([namespaces.synced, plugins.synced]);
      await Promise.race([this.#plugins.queue.whenIdle(), clock.sleep(firstLoadMs, signal)]);
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
    this.#plugins.statistics.quarantine(plugin, until?.getTime());
  }
}
