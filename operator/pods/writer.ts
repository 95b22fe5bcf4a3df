import { type KubeClient, mergePatch, metadataAccept } from '../kube/client.ts';
import { ApiError, ConnectionError, isObjectNotFound } from '../kube/errors.ts';
import type { RateLimiter } from '../kube/rate-limiter.ts';
import type { KubeObject } from '../kube/types.ts';
import type { WriteResult } from '../observability/metrics.ts';
import type { AnnotationKeys, PodAnnotations } from './annotations.ts';

export interface PodWriterOptions {
  readonly client: KubeClient;
  readonly keys: AnnotationKeys;
  /** Spares the API server; see writesPerSecond in the config. */
  readonly limiter: Pick<RateLimiter, 'take'>;
  /** Told of every write, for luaplugin_pod_writes_total. */
  readonly onWrite: (result: WriteResult) => void;
}

/** Writes the operator's annotations to Pods, and nothing else, ever. */
export class PodWriter {
  readonly #options: PodWriterOptions;

  constructor(options: PodWriterOptions) {
    this.#options = options;
  }

  /**
   * One PATCH with the Pod's UID as precondition.
   * @returns the Pod's metadata after it, or undefined when this Pod is gone (or another has its name)
   * @throws ApiError or ConnectionError; the Pod has what it had, or the write is repeated without harm
   */
  async write(
    pod: { readonly namespace: string; readonly name: string; readonly uid: string },
    annotations: PodAnnotations,
  ): Promise<KubeObject | undefined> {
    const { client, keys, limiter, onWrite } = this.#options;
    await limiter.take();
    try {
      const written = await client.request<KubeObject>({
        method: 'PATCH',
        path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`,
        contentType: mergePatch,
        accept: metadataAccept,
        body: { metadata: { uid: pod.uid, annotations: keys.patch(annotations) } },
      });
      if (written?.metadata?.uid !== pod.uid) throw badAnswer(pod);
      onWrite('success');
      return written;
    } catch (error) {
      const gone = isObjectNotFound(error) || isOtherPod(error);
      onWrite(gone ? 'gone' : 'error');
      if (gone) return undefined;
      throw error;
    }
  }
}

/** Another Pod has the name by now. The API server (1.36) answers 422, since no patch may change a UID. */
function isOtherPod(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status !== 422) return false;
  return error.details?.causes?.some(({ field }) => field === 'metadata.uid') ?? false;
}

/** What stands between the operator and the API server can answer 200 with anything. */
function badAnswer({ namespace, name }: { namespace: string; name: string }): ConnectionError {
  return new ConnectionError(`the answer to the PATCH of Pod ${namespace}/${name} is not that Pod`);
}
