import { type KubeClient, type KubeRequest, metadataAccept } from '../kube/client/client.ts';
import type { Discovery } from '../kube/client/discovery.ts';
import { isForbidden, isRefused } from '../kube/client/errors.ts';
import type { KubeObject, OwnerReference } from '../kube/client/types.ts';
import type { OwnerReadResult } from '../observability/metrics.ts';
import type { Clock } from '../time/clock.ts';
import { ForbiddenPlaces, type ForbiddenPlacesOptions, resourceName } from './forbidden-places.ts';
import type { MissingDependencies } from './missing-dependencies.ts';
import { SlowReads } from './slow-reads.ts';
import { controllerReference, type OwnerAnswer } from './standard.ts';

export interface OwnerReaderOptions extends ForbiddenPlacesOptions {
  readonly client: KubeClient;
  readonly discovery: Pick<Discovery, 'resourceFor'>;
  readonly clock: Clock;
  /** Told of what could be followed further once it is there. */
  readonly missing?: Pick<MissingDependencies, 'add'>;
  /** Told what each question to the API server came to. */
  readonly onRead?: (result: OwnerReadResult) => void;
  /** How many may ask at a time; by default 64. See SlowReads. */
  readonly workers?: number;
}

const defaultWorkers = 64;

/** The chain ends here, for good. */
const none: OwnerAnswer = { controller: undefined, isFinal: true };
/** The chain ends here for now: a CRD, an owner or a permission may come. */
export const noneYet: OwnerAnswer = { controller: undefined, isFinal: false };

/** What reading an owner came to. */
export interface OwnerRead {
  readonly answer: OwnerAnswer;
  /** There is no such owner, or none that the API server would take the name of. */
  readonly isGone: boolean;
}

/** Reads owners from the API server, one by one, as metadata. */
export class OwnerReader {
  readonly #options: OwnerReaderOptions;
  readonly #slowReads: SlowReads;
  readonly #forbidden: ForbiddenPlaces;

  constructor(options: OwnerReaderOptions) {
    this.#options = options;
    this.#slowReads = new SlowReads(options.workers ?? defaultWorkers, options.clock);
    this.#forbidden = new ForbiddenPlaces(options);
  }

  /**
   * Who controls an owner.
   * @param query `resourceVersion: '0'` for an answer that may be of a moment ago, and costs the server less
   * @throws ApiError, ConnectionError for a fault that may pass
   */
  read(owner: OwnerReference, namespace: string, query?: KubeRequest['query']): Promise<OwnerRead> {
    if (!isPathSegment(owner.name)) return Promise.resolve({ answer: none, isGone: true });
    const kind = `${owner.kind} of ${owner.apiVersion}`;
    return this.#slowReads.run(kind, (signal) => this.#read(owner, namespace, query, signal));
  }

  /** The namespace is gone, and with it what must not be read there. */
  forgetNamespace(namespace: string): void {
    this.#forbidden.forgetNamespace(namespace);
  }

  async #read(
    owner: OwnerReference,
    namespace: string,
    query: KubeRequest['query'],
    signal: AbortSignal,
  ): Promise<OwnerRead> {
    const { client, discovery, missing, onRead } = this.#options;
    const { apiVersion, kind } = owner;
    const served = await discovery.resourceFor(apiVersion, kind);
    if (served === undefined) {
      onRead?.('unserved');
      missing?.add(`kind ${kind} of ${apiVersion}`, async () => {
        return (await discovery.resourceFor(apiVersion, kind)) !== undefined;
      });
      return { answer: noneYet, isGone: false };
    }
    const place = `${served.namespaced ? namespace : ''}/${resourceName(served)}`;
    const { group, resource } = served;
    const permission = { group, resource, kind, apiVersion };
    const request = {
      method: 'GET',
      path: served.path(namespace, owner.name),
      accept: metadataAccept,
    } as const;
    /** Said again by each Pod that still waits. The call itself needs no other right. */
    const wait = () => {
      const isAllowed = async () => {
        try {
          await client.request(request);
        } catch (error) {
          if (isForbidden(error)) return false;
          if (!isRefused(error)) throw error;
        }
        this.#forbidden.allow(permission);
        return true;
      };
      missing?.add(`permission to get ${place}`, isAllowed, served.namespaced ? namespace : undefined);
      return { answer: noneYet, isGone: false };
    };
    if (this.#forbidden.has(place)) return wait();
    try {
      const object = await client.request<KubeObject>({ ...request, query, signal });
      this.#forbidden.allow(permission);
      // Another object may have taken the name since; its owners are not this Pod's.
      const isGone = object.metadata?.uid !== owner.uid;
      onRead?.(isGone ? 'gone' : 'found');
      if (isGone) return { answer: none, isGone };
      const controller = controllerReference(object.metadata.ownerReferences);
      return { answer: { controller, isFinal: true }, isGone };
    } catch (error) {
      if (isForbidden(error)) {
        onRead?.('forbidden');
        this.#forbidden.add(place, permission);
        return wait();
      }
      // Gone, or a name that the API server does not take: nothing to wait for.
      const isGone = isRefused(error);
      onRead?.(isGone ? 'gone' : 'error');
      if (isGone) return { answer: none, isGone };
      throw error;
    }
  }
}

/** Whether a name is one segment of a path, as Kubernetes requires of names; else it would lead elsewhere. */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}
