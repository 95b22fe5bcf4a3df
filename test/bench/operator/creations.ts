import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { startBar } from './bar.ts';
import { observePods, workloadTypeOf } from './observe.ts';
import { freshLabel } from './population.ts';
import { bucketsSince, histogramQuantile, percentile } from './statistics.ts';
import { withSubject } from './subject.ts';
import type { World } from './world.ts';

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** New Pods at a steady rate. */
export interface Creations {
  readonly pods: number;
  readonly wantedPerSecond: number;
  /** What the API server took: below what was wanted, it was the bottleneck. */
  readonly perSecond: number;
  /** As a watcher sees it: from a Pod's first event to the event that shows its annotations. */
  readonly outside: Latency & { readonly max: number };
  /** As the operator says it: luaplugin_resolution_duration_seconds. */
  readonly metric: Latency;
}

const metricName = 'luaplugin_resolution_duration_seconds';
const timeoutMs = 120_000;

/** Creates Pods at a rate that does not wait for answers, and measures how long each stays without annotations. */
export function createAtRate(world: World): Promise<Creations> {
  const { size, population, progress } = world;
  const { creationsPerSecond, creationSeconds } = size;
  const total = creationsPerSecond * creationSeconds;
  progress.line(`${creationsPerSecond} new Pods a second for ${creationSeconds} s`);
  return withSubject(world.subject, async (subject) => {
    const seen = new Map<string, number>();
    const latencies: number[] = [];
    const observation = await observePods(world, freshLabel, (event, at) => {
      if (event.type === 'BOOKMARK' || event.type === 'DELETED') return;
      const { uid } = event.object.metadata;
      const since = seen.get(uid);
      if (since === undefined) seen.set(uid, at);
      if (Number.isNaN(since) || workloadTypeOf(event.object) === undefined) return;
      latencies.push(at - (since ?? at));
      seen.set(uid, Number.NaN);
    });
    try {
      const before = (await subject.scrape()).buckets(metricName);
      const show = startBar(progress, 'creating at a rate', total);
      const begin = performance.now();
      const creations: Promise<void>[] = [];
      for (let index = 0; index < total; index += 1) {
        await delay(Math.max(0, begin + (index * 1000) / creationsPerSecond - performance.now()));
        creations.push(population.createUnresolved());
        show(index);
      }
      await Promise.all(creations);
      const perSecond = total / ((performance.now() - begin) / 1000);
      await eventually('every new Pod to be annotated', () => latencies.length === total, { timeoutMs });
      await subject.whenAtRest();
      const buckets = bucketsSince(before, (await subject.scrape()).buckets(metricName));
      return {
        pods: total,
        wantedPerSecond: creationsPerSecond,
        perSecond,
        outside: {
          p50: percentile(latencies, 50),
          p99: percentile(latencies, 99),
          max: percentile(latencies, 100),
        },
        metric: { p50: histogramQuantile(buckets, 0.5) * 1000, p99: histogramQuantile(buckets, 0.99) * 1000 },
      };
    } finally {
      await observation.stop();
    }
  });
}
