import { type KubeClient, mergePatch, metadataAccept } from '../kube/client.ts';
import {
  ApiError,
  ConnectionError,
  isForbidden,
  isObjectNotFound,
  isRefused,
  NotNeededError,
} from '../kube/errors.ts';
import type { RateLimiter } from '../kube/rate-limiter.ts';
import type { KubeObject } from '../kube/types.ts';
import type { WriteResult } from '../observability/metrics.ts';
import {
  type AnnotationKeys,
  type Carried,
  noAnnotations,
  type PodAnnotations,
  sameAnnotations,
} from './annotations.ts';
import type { MirrorPatch } from './mirror.ts';
import type { MirrorFaults } from './mirror-faults.ts';

export interface PodWriterOptions {
  readonly client: KubeClient;
  readonly keys: AnnotationKeys;
  /** Spares the API server; see writesPerSecond in the config. */
  readonly limiter: Pick<RateLimiter, 'take'>;
  /**
   * Whether a Pod is still to be written, by its UID: asked as its write is sent, which may be long after it was made.
   * By default it is.
   */
  readonly isWanted?: (uid: string) => boolean;
  /** Told of every write, for luaplugin_pod_writes_total. */
  readonly onWrite: (result: WriteResult) => void;
  /** Without it a Pod whose mirror is refused is not written at all. */
  readonly faults?: Pick<MirrorFaults, 'mayWrite' | 'tries' | 'refused' | 'passed' | 'omitted'>;
}

/** A Pod to be written. */
export interface WriteTarget {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** What it has, as last seen; absent means nothing. */
  readonly carried?: Carried;
}

/** What a Pod lacks. */
export interface Difference {
  /** Undefined: in the mirror nothing. */
  readonly mirror: MirrorPatch | undefined;
}

/** Writes the operator's annotations to Pods, what the config has mirrored, and nothing else, ever. */
export class PodWriter {
  readonly #options: PodWriterOptions;

  constructor(options: PodWriterOptions) {
    this.#options = options;
  }

  /** How a Pod differs from what it should carry; undefined when it need not be written. */
  differenceFrom(pod: WriteTarget, annotations: PodAnnotations): Difference | undefined {
    const mirror = this.#mirrorPatch(pod, annotations);
    if (mirror === undefined && sameAnnotations(pod.carried ?? noAnnotations, annotations)) return undefined;
    return { mirror };
  }

  /**
   * One PATCH with the Pod's UID as precondition. If what it has for the mirror is refused, another one without, unless
   * there is nothing else to write.
   * @returns the Pod's metadata after it, `unchanged` where there was nothing but a mirror that is refused, or undefined
   * when this Pod is gone or on its way out (or another has its name)
   * @throws ApiError or ConnectionError; the Pod has what it had, or the write is repeated without harm
   */
  async write(
    pod: WriteTarget,
    annotations: PodAnnotations,
    { mirror }: Difference = { mirror: this.#mirrorPatch(pod, annotations) },
  ): Promise<KubeObject | 'unchanged' | undefined> {
    const { faults, keys } = this.#options;
    if (mirror !== undefined) faults?.tries(pod.namespace);
    if (mirror !== undefined && keys.mirror.omitsName(annotations)) faults?.omitted(pod, annotations);
    try {
      const written = await this.#patch(pod, annotations, mirror);
      if (mirror !== undefined && written !== undefined) faults?.passed(pod.namespace);
      return written;
    } catch (error) {
      if (mirror === undefined || faults === undefined || !isAnswerNo(error)) throw error;
      const isAll = sameAnnotations(pod.carried ?? noAnnotations, annotations);
      const written = isAll ? 'unchanged' : await this.#patch(pod, annotations, undefined);
      if (written !== undefined) faults.refused(pod, error);
      return written;
    }
  }

  #mirrorPatch(pod: WriteTarget, annotations: PodAnnotations): MirrorPatch | undefined {
    const { keys, faults } = this.#options;
    const patch = keys.mirror.patch(pod.carried?.mirrored, annotations);
    if (patch === undefined || faults?.mayWrite(pod.namespace) === false) return undefined;
    return patch;
  }

  async #patch(
    pod: WriteTarget,
    annotations: PodAnnotations,
    mirror: MirrorPatch | undefined,
  ): Promise<KubeObject | undefined> {
    const { client, keys, limiter, onWrite, isWanted } = this.#options;
    await limiter.take();
    const beforeSend = () => {
      if (isWanted?.(pod.uid) === false)
        throw new NotNeededError(`Pod ${pod.namespace}/${pod.name} is on its way out`);
    };
    try {
      beforeSend();
      const written = await client.request<KubeObject>({
        method: 'PATCH',
        path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`,
        pool: 'podWrites',
        contentType: mergePatch,
        accept: metadataAccept,
        beforeSend,
        body: {
          metadata: {
            uid: pod.uid,
            annotations: { ...keys.patch(annotations), ...mirror?.annotations },
            ...(mirror?.labels === undefined ? {} : { labels: mirror.labels }),
          },
        },
      });
      if (written?.metadata?.uid !== pod.uid) throw badAnswer(pod);
      onWrite('success');
      return written;
    } catch (error) {
      if (error instanceof NotNeededError) return undefined;
      const gone = isObjectNotFound(error) || isOtherPod(error);
      const isMirrors = mirror !== undefined && this.#options.faults !== undefined && isAnswerNo(error);
      onWrite(gone ? 'gone' : isMirrors ? 'mirror_refused' : 'error');
      if (gone) return undefined;
      throw error;
    }
  }
}

/** Whoever asked for this will not get it by asking again; a part of it may pass. */
function isAnswerNo(error: unknown): error is ApiError {
  return isForbidden(error) || isRefused(error);
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
