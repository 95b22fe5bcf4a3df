import { type KubeClient, mergePatch, metadataAccept } from '../../kube/client/client.ts';
import { ApiError, ConnectionError, isObjectNotFound, NotNeededError } from '../../kube/client/errors.ts';
import type { KubeObject } from '../../kube/client/types.ts';
import type { FairGate } from '../../kube/queue/fair-gate.ts';
import type { WriteResult } from '../../observability/metrics.ts';
import type { RateLimiter } from '../../time/rate-limiter.ts';
import {
  type AnnotationKeys,
  type Carried,
  noAnnotations,
  type PodAnnotations,
  sameAnnotations,
} from '../annotations/annotations.ts';
import type { MirrorPatch } from '../annotations/mirror.ts';
import type { Refusals } from '../refusals/refusals.ts';
import { type Refuser, refuserNamedIn, refuserOf } from '../refusals/refuser.ts';
import type { OmittedNames } from './omitted-names.ts';

export interface PodWriterOptions {
  readonly client: KubeClient;
  readonly keys: AnnotationKeys;
  /** Spares the API server; see writesPerSecond in the config. */
  readonly limiter: Pick<RateLimiter, 'take'>;
  /** Shares the connections among the namespaces; without it writes are sent as they come. */
  readonly gate?: FairGate;
  /**
   * Whether a Pod is still to be written, by its UID: asked as its write is sent, which may be long after it was made.
   * By default it is.
   */
  readonly isWanted?: (uid: string) => boolean;
  /** Told of every write, for luaplugin_pod_writes_total. */
  readonly onWrite: (result: WriteResult) => void;
  /** Without them what is refused is thrown, and a Pod whose mirror is refused is not written at all. */
  readonly refusals?: Pick<Refusals, 'writes' | 'mirror' | 'forget'>;
  /** Told of Pods that go without the label of their workload's name. */
  readonly omittedNames?: Pick<OmittedNames, 'omitted'>;
}

/** A Pod to be written. */
export interface WriteTarget {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of what it is; a Pod that was refused is tried again when it changed. */
  readonly digest?: number;
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
    if (!sameAnnotations(pod.carried ?? noAnnotations, annotations)) return { mirror };
    this.#options.refusals?.writes.forget(pod);
    return mirror && { mirror };
  }

  /**
   * One PATCH with the Pod's UID as precondition. If what it has for the mirror is refused, another one without, unless
   * there is nothing else to write.
   * @returns the Pod's metadata after it, `unchanged` where there was nothing but a mirror that is refused, `refused`
   * when the Pod waits for one who refuses (see RefusedPods), or undefined when this Pod is gone or on its way
   * out (or another has its name)
   * @param signal ends it, whatever it waits for then
   * @throws ApiError, ConnectionError or the signal's reason; the Pod has what it had, or the write is repeated without
   * harm
   */
  async write(
    pod: WriteTarget,
    annotations: PodAnnotations,
    { mirror }: Difference = { mirror: this.#mirrorPatch(pod, annotations) },
    signal?: AbortSignal,
  ): Promise<KubeObject | 'unchanged' | 'refused' | undefined> {
    const { refusals, keys, omittedNames } = this.#options;
    const isMirrorAll = sameAnnotations(pod.carried ?? noAnnotations, annotations);
    if (!isMirrorAll && refusals?.writes.mayTry(pod) === false) return 'refused';
    if (mirror !== undefined && keys.mirror.omitsName(annotations)) omittedNames?.omitted(pod, annotations);
    const answer = await this.#patch(pod, annotations, mirror, signal);
    if (!(answer instanceof Refusal)) return answer;
    if (mirror === undefined) return this.#wait(pod, answer);
    const without = isMirrorAll ? 'unchanged' : await this.#patch(pod, annotations, undefined, signal);
    if (without instanceof Refusal) return this.#wait(pod, without);
    if (without !== undefined) refusals?.mirror.refused(pod, answer.refuser, answer.error);
    return without;
  }

  /** A Pod is gone, or nothing is to be written to it. */
  forget(pod: Pick<WriteTarget, 'namespace' | 'uid'>): void {
    this.#options.refusals?.forget(pod);
  }

  #wait(pod: WriteTarget, { refuser, error }: Refusal): 'refused' {
    this.#options.refusals?.writes.refused(pod, refuser, error);
    return 'refused';
  }

  #mirrorPatch(pod: WriteTarget, annotations: PodAnnotations): MirrorPatch | undefined {
    const { keys, refusals } = this.#options;
    const patch = keys.mirror.patch(pod.carried?.mirrored, annotations);
    if (patch === undefined) refusals?.mirror.forget(pod);
    return patch === undefined || refusals?.mirror.mayTry(pod) === false ? undefined : patch;
  }

  async #patch(
    pod: WriteTarget,
    annotations: PodAnnotations,
    mirror: MirrorPatch | undefined,
    signal: AbortSignal | undefined,
  ): Promise<KubeObject | Refusal | undefined> {
    const { client, keys, limiter, gate, onWrite, isWanted, refusals } = this.#options;
    await limiter.take(signal);
    const beforeSend = () => {
      if (isWanted?.(pod.uid) === false)
        throw new NotNeededError(`Pod ${pod.namespace}/${pod.name} is on its way out`);
    };
    try {
      beforeSend();
      const send = () =>
        client.request<KubeObject>({
          method: 'PATCH',
          path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`,
          pool: 'podWrites',
          contentType: mergePatch,
          accept: metadataAccept,
          beforeSend,
          signal,
          body: {
            metadata: {
              uid: pod.uid,
              annotations: { ...keys.patch(annotations), ...mirror?.annotations },
              ...(mirror?.labels === undefined ? {} : { labels: mirror.labels }),
            },
          },
        });
      const written = await (gate === undefined ? send() : gate.run(pod.namespace, send, signal));
      if (written?.metadata?.uid !== pod.uid) throw badAnswer(pod);
      onWrite('success');
      refusals?.writes.passed(pod);
      if (mirror !== undefined) refusals?.mirror.passed(pod);
      return written;
    } catch (error) {
      if (error instanceof NotNeededError) return undefined;
      if (isGone(error)) {
        onWrite('gone');
        refusals?.forget(pod);
        return undefined;
      }
      const refuser = refusals === undefined ? undefined : refuserOf(error);
      if (refuser === undefined) {
        onWrite('error');
        throw error;
      }
      onWrite(mirror === undefined ? 'refused' : 'mirror_refused');
      return new Refusal(refuser, error as ApiError);
    }
  }
}

/** A PATCH that somebody refused. */
class Refusal {
  readonly refuser: Refuser;
  readonly error: ApiError;

  constructor(refuser: Refuser, error: ApiError) {
    this.refuser = refuser;
    this.error = error;
  }
}

/** The Pod is no more. A webhook that denies with 404 does not say so. */
function isGone(error: unknown): boolean {
  return (isObjectNotFound(error) && refuserNamedIn(error.message) === undefined) || isOtherPod(error);
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
