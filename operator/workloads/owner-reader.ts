import type { KubeClient } from '../kube/client.ts';
import { metadataAccept } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Discovery, ServedResource } from '../kube/discovery.ts';
import { isForbidden, isNotFound } from '../kube/errors.ts';
import type { KubeObject, OwnerReference } from '../kube/types.ts';
import type { Logger } from '../observability/logging.ts';
import { groupOf } from './kinds.ts';
import { controllerReference, type Owners } from './standard.ts';

export interface OwnerReaderOptions {
  readonly client: KubeClient;
  readonly discovery: Pick<Discovery, 'resourceFor'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Owners remembered at the most; the one read longest ago is forgotten first. */
  readonly capacity?: number;
}

const defaultCapacity = 10_000;
/** How long a resource that RBAC forbids is left alone before it is tried again. */
const forbiddenMs = 10 * 60_000;

/**
 * Reads owners as metadata, each once: an owner's controller is a fact that goes with its UID. Concurrent asks
 * for one owner share a request.
 */
export class OwnerReader implements Owners {
  readonly #options: OwnerReaderOptions;
  readonly #byUid = new Map<string, Promise<OwnerReference | undefined>>();
  readonly #forbiddenUntil = new Map<string, number>();

  constructor(options: OwnerReaderOptions) {
    this.#options = options;
  }

  controllerOf(owner: OwnerReference, namespace: string): Promise<OwnerReference | undefined> {
    const known = this.#byUid.get(owner.uid);
    if (known !== undefined) return known;
    const asked = this.#read(owner, namespace);
    this.#byUid.set(owner.uid, asked);
    asked.catch(() => this.#byUid.delete(owner.uid));
    this.#forgetOldest();
    return asked;
  }

  async #read(owner: OwnerReference, namespace: string): Promise<OwnerReference | undefined> {
    const { client, discovery, clock } = this.#options;
    const served = await discovery.resourceFor(owner.apiVersion, owner.kind);
    if (served === undefined) return this.#answerOnce(owner);
    const resource = `${served.resource}.${groupOf(owner.apiVersion)}`;
    if ((this.#forbiddenUntil.get(resource) ?? 0) > clock.now()) return this.#answerOnce(owner);
    try {
      const object = await client.request<KubeObject>({
        method: 'GET',
        path: served.path(namespace, owner.name),
        accept: metadataAccept,
      });
      // Another object may have taken the name since; its owners are not this Pod's.
      if (object.metadata.uid !== owner.uid) return undefined;
      return controllerReference(object.metadata.ownerReferences);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (!isForbidden(error)) throw error;
      this.#forbid(resource, served, owner);
      return this.#answerOnce(owner);
    }
  }

  #forbid(resource: string, served: ServedResource, owner: OwnerReference): void {
    const { clock, logger } = this.#options;
    if ((this.#forbiddenUntil.get(resource) ?? 0) > clock.now()) return;
    this.#forbiddenUntil.set(resource, clock.now() + forbiddenMs);
    logger.warn(
      { group: groupOf(owner.apiVersion), resource: served.resource, kind: owner.kind },
      `may not read ${resource}; its Pods count as ${owner.kind} itself. If it has owners of its own, apply a ` +
        `ClusterRole labelled luaplugin.dev/aggregate-to-owners=true that allows get on it`,
    );
  }

  /** What is not served or forbidden now may be there later: such an answer is given, not kept. */
  #answerOnce(owner: OwnerReference): undefined {
    this.#byUid.delete(owner.uid);
    return undefined;
  }

  #forgetOldest(): void {
    const oldest = this.#byUid.keys().next();
    if (this.#byUid.size > (this.#options.capacity ?? defaultCapacity) && !oldest.done) {
      this.#byUid.delete(oldest.value);
    }
  }
}
