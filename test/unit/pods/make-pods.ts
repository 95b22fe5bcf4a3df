import type { KubeClient } from '../../../operator/kube/client/client.ts';
import type { EventInput } from '../../../operator/kube/events/events.ts';
import type { FairGate } from '../../../operator/kube/queue/fair-gate.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { type Logger, silentLogger } from '../../../operator/observability/logging.ts';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { PodController } from '../../../operator/pods/controller.ts';
import { Refusals } from '../../../operator/pods/refusals/refusals.ts';
import { Resolver } from '../../../operator/pods/resolve/resolver.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { failureReasons } from '../../../operator/sandbox/contract.ts';
import type { Clock, Random } from '../../../operator/time/clock.ts';
import { RateLimiter } from '../../../operator/time/rate-limiter.ts';
import type { Owners } from '../../../operator/workloads/standard.ts';
import { ScriptedSandbox } from '../support/scripted-sandbox.ts';

export interface MakePodsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Workers; 64 by default, as in the operator. */
  readonly concurrency?: number;
  /** 0, no limit, by default. */
  readonly writesPerSecond?: number;
  /** None by default. */
  readonly gate?: FairGate;
  /** By default owners have no owners. */
  readonly owners?: Owners;
  readonly onCaughtUp?: () => void;
  readonly onCount?: (plugin: string, pods: number) => void;
}

/** The Pods' whole way from the store to the API server with real parts, but for a sandbox of functions. */
export function makePods({
  client,
  clock,
  random = Math.random,
  logger = silentLogger,
  concurrency = 64,
  writesPerSecond = 0,
  gate,
  owners = { controllerOf: () => Promise.resolve({ controller: undefined, isFinal: true }) },
  onCaughtUp = () => {},
  onCount = () => {},
}: MakePodsOptions) {
  const keys = new AnnotationKeys('luaplugin.dev');
  const metrics = new Metrics(failureReasons);
  const events: EventInput[] = [];
  const store = new PodStore({ keys, inScope: () => true });
  const refusals = new Refusals({
    recordEvent: (event) => events.push(event),
    clock,
    random,
    logger,
  });
  metrics.followRefusals(() => refusals.writes.counts());
  const queue = new WorkQueue({
    name: 'pod',
    concurrency,
    flowOf: (uid) => store.get(uid)?.namespace ?? '',
    maxDelayMs: 60_000,
    logger,
    clock,
    random,
  });
  const plugins = new PluginSet();
  const sandbox = new ScriptedSandbox();
  const controller = new PodController({
    store,
    resolver: new Resolver({
      plugins,
      sandbox,
      owners,
      standardResolution: true,
      allowedTypes: [],
      metadataOf: (record) => store.metadata(record),
      onStep: () => {},
    }),
    writer: new PodWriter({
      client,
      keys,
      limiter: new RateLimiter(writesPerSecond, clock),
      ...(gate && { gate }),
      isWanted: (uid) => store.get(uid) !== undefined,
      onWrite: (result) => metrics.podWrites.inc({ result }),
      refusals,
    }),
    plugins,
    queue,
    onCaughtUp,
    onCount,
    metrics,
    logger,
    clock,
  });
  refusals.queueTo(controller);
  return { store, queue, controller, refusals, plugins, sandbox, metrics, events };
}
