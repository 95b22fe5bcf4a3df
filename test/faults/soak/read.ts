import { childrenOf, ownOf } from '../../bench/memory/processes.ts';
import { Scrape } from '../../bench/operator/scrape.ts';
import type { Instance } from '../instance.ts';
import type { Reading } from './readings.ts';

/** What the operator is like now. @param since the first reading, in milliseconds since the epoch */
export async function read(instance: Instance, changes: number, since: number): Promise<Reading> {
  const { pid } = instance.operator;
  const [host = 0] = childrenOf(pid);
  const scrape = new Scrape(await instance.metrics());
  return {
    second: (Date.now() - since) / 1000,
    operatorMiB: ownOf(pid),
    hostMiB: ownOf(host),
    changes,
    writes: scrape.value('luaplugin_pod_writes_total{result="success"}'),
    failedWrites: scrape.value('luaplugin_pod_writes_total{result="error"}'),
    pluginErrors: await instance.sum('luaplugin_errors_total{'),
    depth: await instance.sum('workqueue_depth{name="pod"'),
    lagMs: scrape.value('nodejs_eventloop_lag_p99_seconds') * 1000,
    resolutions: scrape.buckets('luaplugin_resolution_duration_seconds'),
  };
}
