import type { Clock } from '../../time/clock.ts';
import type { KubeClient } from '../client/client.ts';
import { isAlreadyExists, isConflict, isObjectNotFound } from '../client/errors.ts';
import { microTime } from '../client/micro-time.ts';
import type { ObjectMeta } from '../client/types.ts';

/** coordination.k8s.io/v1 Lease, as far as an election uses it. */
interface LeaseObject {
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'resourceVersion'>;
  readonly spec?: LeaseSpec;
}

/** Times are metav1.MicroTime. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** The collection of a namespace's Leases. */
export function leasesPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Who we are; different for every process that ever asks. */
  readonly identity: string;
  readonly clock: Clock;
  /** How long others leave a lease alone that is not renewed, in milliseconds; whole seconds. */
  readonly durationMs: number;
  /** How long after the last renewal the holder believes that it holds; less than durationMs. */
  readonly renewDeadlineMs: number;
}

/** What the last try found. `held` and `taken`: by us, by another. */
export type LeaseState = 'held' | 'taken';

/**
 * One process' view of a Lease. Times are measured on this process' clock only, from what it saw itself, so clocks
 * that differ do no harm; the stamps that it writes are for people.
 */
export class Lease {
  readonly #options: LeaseOptions;
  /** When the renewal was sent by which it is held, on both clocks; undefined while it is not. */
  #renewed: { readonly at: number; readonly wallTime: number } | undefined;
  /** The lease as last seen, and when it was first seen like that. */
  #seen: { readonly version: string | undefined; readonly at: number } | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /**
   * Milliseconds until the lease is lost unless it is renewed; not above 0 when it is not held. While a machine sleeps,
   * or a virtual one is stopped, its steady clock may stand still, and its wall clock jumps afterwards; so of the two
   * the one counts that has gone further. A wall clock that is set ahead costs a term at the most.
   */
  get remainingMs(): number {
    const { clock, renewDeadlineMs } = this.#options;
    if (this.#renewed === undefined) return 0;
    const { at, wallTime } = this.#renewed;
    return renewDeadlineMs - Math.max(clock.now() - at, clock.wallTime() - wallTime);
  }

  /**
   * Whether this process may act now. A process that was paused finds it false as soon as it runs again, before
   * any timer or answer tells it: ask before each write.
   */
  get isHeld(): boolean {
    return this.remainingMs > 0;
  }

  /**
   * Takes the lease if it is free or expired, renews it if it is ours.
   * @throws ApiError, ConnectionError; a lease that is held stays so until its deadline
   */
  async acquireOrRenew(signal: AbortSignal): Promise<LeaseState> {
    const { clock } = this.#options;
    const before = { at: clock.now(), wallTime: clock.wallTime() };
    const current = await this.#read(signal);
    const isOurs = current?.spec?.holderIdentity === this.#options.identity;
    if (current !== undefined && !isOurs && !this.#isFree(current)) return this.#lose();
    try {
      const written = await this.#write(current, isOurs, before.wallTime, signal);
      this.#see(written);
    } catch (error) {
      // Another was faster; what it wrote is seen at the next try.
      if (isConflict(error) || isAlreadyExists(error)) return this.#lose();
      throw error;
    }
    // Counted from before the request: others count from when they see its result, which is later.
    this.#renewed = before;
    return 'held';
  }

  /** Gives the lease up, so that another need not wait for its end. Does nothing when it is another's. */
  async release(signal: AbortSignal): Promise<void> {
    this.#renewed = undefined;
    const current = await this.#read(signal);
    if (current?.spec?.holderIdentity !== this.#options.identity) return;
    const now = microTime(this.#options.clock.wallTime());
    const spec = { ...current.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now };
    await this.#put({ ...current, spec }, signal);
  }

  #lose(): LeaseState {
    this.#renewed = undefined;
    return 'taken';
  }

  #isFree(current: LeaseObject): boolean {
    this.#see(current);
    const { holderIdentity, leaseDurationSeconds } = current.spec ?? {};
    if (!holderIdentity) return true;
    const durationMs = leaseDurationSeconds ? leaseDurationSeconds * 1000 : this.#options.durationMs;
    return this.#seen !== undefined && this.#options.clock.now() >= this.#seen.at + durationMs;
  }

  #see({ metadata }: LeaseObject): void {
    if (this.#seen === undefined || this.#seen.version !== metadata.resourceVersion) {
      this.#seen = { version: metadata.resourceVersion, at: this.#options.clock.now() };
    }
  }

  async #read(signal: AbortSignal): Promise<LeaseObject | undefined> {
    const { client, name } = this.#options;
    try {
      return await client.request<LeaseObject>({
        method: 'GET',
        path: `${this.#collection}/${name}`,
        ...this.#terms(signal),
      });
    } catch (error) {
      if (isObjectNotFound(error)) return undefined;
      throw error;
    }
  }

  #write(current: LeaseObject | undefined, isOurs: boolean, now: number, signal: AbortSignal) {
    const { client, namespace, name, identity, durationMs } = this.#options;
    const transitions = current?.spec?.leaseTransitions ?? 0;
    const spec: LeaseSpec = {
      ...current?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      renewTime: microTime(now),
      ...(isOurs
        ? {}
        : { acquireTime: microTime(now), leaseTransitions: current ? transitions + 1 : transitions }),
    };
    if (current !== undefined) return this.#put({ ...current, spec }, signal);
    return client.request<LeaseObject>({
      method: 'POST',
      path: this.#collection,
      body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec },
      ...this.#terms(signal),
    });
  }

  /** Writes over the version that was read, or not at all. */
  #put(lease: LeaseObject, signal: AbortSignal): Promise<LeaseObject> {
    const { client, name } = this.#options;
    return client.request<LeaseObject>({
      method: 'PUT',
      path: `${this.#collection}/${name}`,
      body: lease,
      ...this.#terms(signal),
    });
  }

  get #collection(): string {
    return leasesPath(this.#options.namespace);
  }

  /** A renewal is two calls; one that hangs leaves time for another try. None waits behind what is not an election's. */
  #terms(signal: AbortSignal) {
    return { pool: 'election', signal, timeoutMs: this.#options.renewDeadlineMs / 4 } as const;
  }
}
