import './process/node-version.ts';

import { getHeapStatistics } from 'node:v8';
import { Command, CommanderError, Option } from 'commander';
import { ConfigError, loadConfig, withoutEffect } from './config/config.ts';
import { PooledKubeClient } from './kube/client/client.ts';
import { KubeConfigError } from './kube/client/errors.ts';
import { loadKubeConfig } from './kube/client/kubeconfig.ts';
import { TracedClient } from './kube/client/traced-client.ts';
import { createLogger, type LogLevel, logLevels } from './observability/logging.ts';
import { Metrics } from './observability/metrics.ts';
import { startTracing } from './observability/tracing/start-tracing.ts';
import { LuaPluginOperator } from './operator.ts';
import { IdleCollector } from './process/idle-collector.ts';
import { LogLevelWatch } from './process/log-level.ts';
import { version } from './process/version.ts';
import { failureReasons } from './sandbox/contract.ts';
import { SandboxHost } from './sandbox/host-client.ts';
import { systemClock } from './time/clock.ts';

/** Exit codes: 0 ended as asked, 1 failed, 2 bad usage or input. */
const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

interface Flags {
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly httpAddress?: string;
  readonly secureMetrics?: boolean;
  readonly nodeName?: string;
  readonly logLevel?: LogLevel;
}

const program = new Command('lua-plugin-operator')
  .description(
    'Tells which workload each Pod belongs to: runs LuaPlugins and writes their answers to the Pods.',
  )
  .option('--config <file>', 'the operator config file (kind: OperatorConfig); all defaults without it')
  .option(
    '--kubeconfig <file>',
    "the cluster to work on; by default $KUBECONFIG, ~/.kube/config, or the Pod's own",
  )
  .option(
    '--http-address <host:port>',
    'where /metrics, /healthz and /readyz are served; wins over the config',
  )
  .option(
    '--secure-metrics',
    'serve /metrics over TLS, to who shows a token with the right to get it; wins over the config',
  )
  .option(
    '--node-name <name>',
    'look after the Pods of this node only, for one instance on each node; wins over the config',
  )
  .addOption(
    new Option('--log-level <level>', 'the least that is logged; wins over the config').choices(logLevels),
  )
  .version(version, '-V, --version')
  .allowExcessArguments(false)
  .exitOverride();

async function run(flags: Flags): Promise<void> {
  const { nodeName, secureMetrics, httpAddress } = flags;
  const load = () => loadConfig(flags.config, { nodeName, secureMetrics, httpAddress });
  const config = await load();
  const logger = createLogger(flags.logLevel ?? config.logLevel);
  const kubeConfig = loadKubeConfig(flags.kubeconfig === undefined ? {} : { path: flags.kubeconfig });
  for (const option of withoutEffect(config)) {
    logger.warn({ option }, 'this config option has no effect in this version');
  }
  const metrics = new Metrics(failureReasons);
  const { host } = new URL(kubeConfig.server);
  const tracing = await startTracing({ config: config.tracing, version, registry: metrics.registry, logger });
  const pooled = new PooledKubeClient({
    kubeConfig,
    version,
    observe: (method, code) => {
      metrics.controller.restRequests.inc({ method, code, host });
      if (/^\d+$/.test(code)) tracing?.active?.set({ 'http.response.status_code': Number(code) });
    },
    observeDuration: (verb, seconds) => metrics.controller.restDuration.observe({ verb, host }, seconds),
  });
  const client = tracing === undefined ? pooled : new TracedClient(pooled, tracing, kubeConfig.server);
  const sandbox = new SandboxHost({
    logger,
    allowedTypes: config.allowedTypes.length > 0 ? config.allowedTypes : undefined,
    memoryBytes: config.sandbox.memoryBytes,
    onRestart: (reason) => metrics.countRestart(reason),
    onQuarantine: (program, until) => operator.quarantined(program, until),
  });
  const operator = new LuaPluginOperator({
    config,
    kubeConfig,
    client,
    sandbox,
    metrics,
    logger,
    tracing,
  });

  const ended = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
  });
  const logLevel = new LogLevelWatch({
    config,
    load,
    setLevel: (level) => {
      logger.level = level;
    },
    clock: systemClock,
    logger,
  });
  const stopping = new AbortController();
  logger.info({ version, server: kubeConfig.server }, 'starting');
  if (flags.config !== undefined && flags.logLevel === undefined) void logLevel.run(stopping.signal);
  void idleCollector()?.run(stopping.signal);
  const started = operator.start();
  const signal = await Promise.race([ended, started.then(() => ended)]);
  logger.info({ signal }, 'stopping');
  stopping.abort();
  await operator.stop();
  await tracing?.stop();
  logger.info('stopped');
}

/** Undefined where the program has no say in when garbage is collected: run from its TypeScript. */
function idleCollector(): IdleCollector | undefined {
  const { gc } = globalThis;
  if (gc === undefined) return undefined;
  return new IdleCollector({
    // Of the last resort: caches go, too, and empty pages are given back.
    collect: () => gc({ type: 'major', flavor: 'last-resort' }),
    heapBytes: () => {
      const { total_heap_size, external_memory } = getHeapStatistics();
      return total_heap_size + external_memory;
    },
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    clock: systemClock,
  });
}

try {
  await run(program.parse().opts<Flags>());
  process.exit(exitCodes.done);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCodes.done : exitCodes.usage);
  const usage = error instanceof ConfigError || error instanceof KubeConfigError;
  process.stderr.write(`lua-plugin-operator: ${(error as Error).message}\n`);
  process.exit(usage ? exitCodes.usage : exitCodes.failed);
}
