import { setTimeout as delay } from 'node:timers/promises';
import { mergePatch, metadataAccept } from '../../../operator/kube/client/client.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { eventually } from '../../support/eventually.ts';
import { startBar } from './bar.ts';
import { observePods, workloadTypeOf } from './observe.ts';
import { canaryLabel } from './plugin.ts';
import { annotationsOf, freshLabel } from './population.ts';
import type { CreationRate } from './sizes.ts';
import { bucketsSince, histogramQuantile, percentile } from './statistics.ts';
import { withSubject } from './subject.ts';
import type { World } from './world.ts';

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** New Pods at a steady rate, as a watcher sees it. */
export interface CreationTurn extends Latency {
  /** What the API server took: below what was wanted, it was the bottleneck. */
  readonly perSecond: number;
  /** Milliseconds from a Pod's first event to the event that shows its annotations. */
  readonly max: number;
}

export interface Creations {
  readonly pods: number;
  readonly wantedPerSecond: number;
  /** A bare client that answers each new Pod's event with a PATCH at once: what API server and machine allow. */
  readonly floor: CreationTurn;
  readonly operator: CreationTurn;
  /** As the operator says it: luaplugin_resolution_duration_seconds. */
  readonly metric: Latency;
}

const metricName = 'luaplugin_resolution_duration_seconds';
const timeoutMs = 120_000;

/** Creates Pods at a rate that does not wait for answers, and measures how long each stays without annotations. */
export async function createAtRate(world: World, rate: CreationRate): Promise<Creations> {
  world.progress.line(`${rate.perSecond} new Pods a second for ${rate.seconds} s, twice`);
  const floor = await turn(world, rate, 'a bare client', (pod) => annotate(world, pod));
  return withSubject(world.subject, async (subject) => {
    const before = (await subject.scrape()).buckets(metricName);
    const operator = await turn(world, rate, 'the operator', () => {});
    await subject.whenAtRest();
    const buckets = bucketsSince(before, (await subject.scrape()).buckets(metricName));
    const metric = {
      p50: histogramQuantile(buckets, 0.5) * 1000,
      p99: histogramQuantile(buckets, 0.99) * 1000,
    };
    return {
      pods: rate.perSecond * rate.seconds,
      wantedPerSecond: rate.perSecond,
      floor,
      operator,
      metric,
    };
  });
}

/** @param onNew given each new Pod, once */
async function turn(
  world: World,
  { perSecond: wanted, seconds }: CreationRate,
  who: string,
  onNew: (pod: KubeObject) => void,
): Promise<CreationTurn> {
  const { population, progress } = world;
  const total = wanted * seconds;
  const seen = new Map<string, number>();
  const latencies: number[] = [];
  const observation = await observePods(world, freshLabel, (event, at) => {
    if (event.type !== 'ADDED' && event.type !== 'MODIFIED') return;
    const { uid } = event.object.metadata;
    const since = seen.get(uid);
    if (since === undefined && event.type !== 'ADDED') return; // one of an earlier turn
    const isAnnotated = workloadTypeOf(event.object) !== undefined;
    if (since === undefined) {
      seen.set(uid, at);
      if (!isAnnotated) onNew(event.object);
    }
    if (Number.isNaN(since) || !isAnnotated) return;
    latencies.push(at - (since ?? at));
    seen.set(uid, Number.NaN);
  });
  try {
    const show = startBar(progress, `creating at a rate, ${who} answers`, total);
    const begin = performance.now();
    const creations: Promise<void>[] = [];
    for (let index = 0; index < total; index += 1) {
      await delay(Math.max(0, begin + (index * 1000) / wanted - performance.now()));
      creations.push(population.createUnresolved());
      show(index);
    }
    await Promise.all(creations);
    const perSecond = total / ((performance.now() - begin) / 1000);
    await eventually('every new Pod to be annotated', () => latencies.length === total, { timeoutMs });
    const [p50, p99, max] = [50, 99, 100].map((percent) => percentile(latencies, percent));
    return { perSecond, p50: p50 ?? Number.NaN, p99: p99 ?? Number.NaN, max: max ?? Number.NaN };
  } finally {
    await observation.stop();
  }
}

/** What the operator would write, and to whom. A failure shows as a Pod that never is annotated. */
function annotate({ bare, answers }: World, { metadata }: KubeObject): void {
  const owner = metadata.ownerReferences?.[0]?.name ?? '';
  const isCanary = metadata.labels?.[canaryLabel] !== undefined;
  const annotations = annotationsOf({ owner, isCanary }, answers);
  const written = bare.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`,
    contentType: mergePatch,
    accept: metadataAccept,
    body: { metadata: { uid: metadata.uid, annotations } },
  });
  written.catch(() => {});
}
