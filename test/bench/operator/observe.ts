import { metadataAccept } from '../../../operator/kube/client/client.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { type WatchEvent, watchEvents } from '../../../operator/kube/watch/watch-stream.ts';
import type { World } from './world.ts';

export interface Observation {
  /** Ends the watch. @throws what went wrong with it meanwhile */
  stop(): Promise<void>;
}

/**
 * Watches the Pods with a label from now on, as somebody outside of the operator.
 * @param onEvent given each event, and when it came: milliseconds of performance.now()
 */
export async function observePods(
  { admin }: World,
  labelSelector: string,
  onEvent: (event: WatchEvent<KubeObject>, at: number) => void,
): Promise<Observation> {
  const path = '/api/v1/pods';
  const { metadata } = await admin.request<{ metadata: { resourceVersion: string } }>({
    method: 'GET',
    path,
    query: { limit: 1, labelSelector },
  });
  const end = new AbortController();
  const chunks = await admin.stream({
    method: 'GET',
    path,
    query: { watch: true, labelSelector, resourceVersion: metadata.resourceVersion, timeoutSeconds: 3_600 },
    accept: metadataAccept,
    signal: end.signal,
  });
  const reading = (async () => {
    for await (const event of watchEvents<KubeObject>(chunks)) onEvent(event, performance.now());
  })();
  reading.catch(() => {}); // thrown by stop()
  return {
    stop: async () => {
      const stopped = new Error('stopped');
      end.abort(stopped);
      await reading.catch((error: unknown) => {
        if (error !== stopped) throw error;
      });
    },
  };
}

/** Whether the operator has written its annotations on a Pod. */
export function workloadTypeOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.['luaplugin.dev/workload-type'];
}
