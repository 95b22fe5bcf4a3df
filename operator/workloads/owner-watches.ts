import { setImmediate } from 'node:timers/promises';
import type { KubeClient } from '../kube/client/client.ts';
import type { Discovery, ServedResource } from '../kube/client/discovery.ts';
import { describeError, isForbidden, isGone, isRefused } from '../kube/client/errors.ts';
import type { KubeObject, OwnerReference } from '../kube/client/types.ts';
import { Reflector } from '../kube/watch/reflector.ts';
import type { Logger } from '../observability/logging.ts';
import type { Clock } from '../time/clock.ts';
import { resourceName } from './forbidden-places.ts';
import { groupOf } from './kinds.ts';
import { OwnerTable } from './owner-table.ts';
import type { OwnerAnswer } from './standard.ts';

export interface OwnerWatchesOptions {
  readonly client: KubeClient;
  readonly discovery: Pick<Discovery, 'resourceFor'>;
  /** Whether Pods of this namespace are looked after. */
  readonly inScope: (namespace: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Kind = Pick<OwnerReference, 'apiVersion' | 'kind'>;

/** Between nearly every Pod and its workload: watched from the start, and waited for. */
const always: readonly Kind[] = [
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'batch/v1', kind: 'Job' },
];
/** Watched already, for themselves: a second watch would take as much again for the few that own others. */
const never: Kind = { apiVersion: 'v1', kind: 'Pod' };
/** Kinds that are watched at the most; owners of others are read one by one. */
const maxKinds = 100;
/** Metadata of a helper is small. */
const pageSize = 1_000;
/** How long, in milliseconds, a first list is waited for: one of a hundred thousand takes a while. */
const alwaysListMs = 60_000;
const firstListMs = 5_000;
/** How long, in milliseconds, an owner may be seen after its Pod. */
const lagMs = 250;
/** Milliseconds until it is tried again to watch what could not be. */
const retryMs = 5 * 60_000;
/** After so many milliseconds without a Pod a kind is watched no more. */
const unusedMs = 10 * 60_000;
/** How often, in milliseconds, both are looked at. */
const roundMs = 30_000;

interface WatchedKind extends Kind {
  readonly served: ServedResource;
  readonly table: OwnerTable;
  readonly isAlways: boolean;
  reflector: Reflector<KubeObject>;
  stop: AbortController;
  /** Resolves when the watch fails; a failure may pass. */
  failed: PromiseWithResolvers<void>;
  /** Until when, in the clock's milliseconds, the first list is waited for. */
  waitUntil: number;
  /** Set while it can't be watched: when to try again. */
  retryAt: number | undefined;
  /** An administrator was told that it can't be watched. */
  isTold: boolean;
  usedAt: number;
}

/**
 * Watches the kinds of owners that are in use, as metadata: ReplicaSets and Jobs, and each other kind that a Pod's
 * owners are of, as long as they are. What may not be listed and watched is left to who reads owners one by one.
 */
export class OwnerWatches {
  readonly #options: OwnerWatchesOptions;
  /** By group and kind. */
  readonly #kinds = new Map<string, WatchedKind>();
  readonly #running = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;
  #onChange: (uid: string) => void = () => {};

  constructor(options: OwnerWatchesOptions) {
    this.#options = options;
  }

  /** Has the listener told of each owner that got another controller, or that is known only now. */
  onChange(listener: (uid: string) => void): void {
    this.#onChange = listener;
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    this.#signal = signal;
    // A server that does not answer now is asked again when the first owner is looked for.
    for (const kind of always) await this.#begin(kind).catch(() => undefined);
    while (!signal.aborted) {
      await clock.sleep(roundMs, signal).catch(() => {});
      for (const kind of this.#kinds.values()) this.#retryIfDue(kind);
    }
    this.#signal = undefined;
    await Promise.all(this.#running);
  }

  /** How many owners are kept, by resource. */
  *sizes(): Iterable<readonly [resource: string, owners: number]> {
    for (const { served, table } of this.#kinds.values()) yield [resourceName(served), table.size];
  }

  /** Who controls an owner; undefined when no watch can tell. Without a call to the API server. */
  find(owner: OwnerReference, namespace: string): OwnerAnswer | undefined {
    const kind = this.#kinds.get(keyOf(owner));
    return kind?.reflector.isSynced && kind.retryAt === undefined
      ? answerOf(kind, owner, namespace)
      : undefined;
  }

  /** As find, by a watch that had to end, too. */
  findLast(owner: OwnerReference, namespace: string): OwnerAnswer | undefined {
    const kind = this.#kinds.get(keyOf(owner));
    return kind && answerOf(kind, owner, namespace);
  }

  /**
   * Begins to watch the owner's kind, if that can be, and waits a while for its first list, or for an owner that is
   * younger than what the watch has told. What is told of the owner later is a change.
   * @throws what Discovery throws
   */
  async look(owner: OwnerReference): Promise<void> {
    const kind = this.#kinds.get(keyOf(owner)) ?? (await this.#begin(owner));
    if (kind === undefined) return;
    const { clock } = this.#options;
    const { reflector, table, failed, waitUntil, retryAt } = kind;
    const ended = new AbortController();
    const sleep = (ms: number) => clock.sleep(ms, ended.signal).catch(() => {});
    if (retryAt === undefined && !reflector.isSynced && waitUntil > clock.now()) {
      await Promise.race([reflector.synced.catch(() => {}), failed.promise, sleep(waitUntil - clock.now())]);
    }
    if (retryAt === undefined && reflector.isSynced && table.get(owner.uid) === undefined) {
      await Promise.race([table.seen(owner.uid), sleep(lagMs)]);
    }
    ended.abort();
    if (table.get(owner.uid) === undefined) table.miss(owner.uid);
  }

  /** Those of the owners that no watch tells of any more, though one did. */
  *orphaned(uids: Iterable<string>): Iterable<{ owner: OwnerReference; namespace: string }> {
    const ended = [...this.#kinds.values()].filter(({ retryAt }) => retryAt !== undefined);
    if (ended.length === 0) return;
    for (const uid of uids) {
      for (const { apiVersion, kind, table } of ended) {
        const known = table.get(uid);
        if (known === undefined) continue;
        yield { owner: { apiVersion, kind, name: known.name, uid }, namespace: known.namespace };
      }
    }
  }

  /** Whether a watch that told of owners has ended. */
  get isIncomplete(): boolean {
    return [...this.#kinds.values()].some(({ retryAt }) => retryAt !== undefined);
  }

  /** The UID of who controls the owner with this UID, of whatever kind. */
  controllerUidOf(uid: string): string | undefined {
    for (const { table } of this.#kinds.values()) {
      const controller = table.controllerUidOf(uid);
      if (controller !== undefined) return controller;
    }
    return undefined;
  }

  /** The UIDs of the owners that one of these controls. */
  *controlledBy(uids: ReadonlySet<string>): Iterable<string> {
    for (const { table } of this.#kinds.values()) yield* table.controlledBy(uids);
  }

  /** Ends the watches of kinds that none of the owners has been of for a while. */
  endUnused(inUse: ReadonlySet<string>): void {
    const now = this.#options.clock.now();
    for (const [key, kind] of this.#kinds) {
      if (kind.isAlways || inUse.size === 0) continue;
      for (const uid of kind.table.uids()) {
        if (!inUse.has(uid)) continue;
        kind.usedAt = now;
        break;
      }
      if (now - kind.usedAt < unusedMs) continue;
      kind.stop.abort();
      this.#kinds.delete(key);
    }
  }

  async #begin({ apiVersion, kind }: Kind): Promise<WatchedKind | undefined> {
    const { inScope, clock, discovery } = this.#options;
    const key = keyOf({ apiVersion, kind });
    if (this.#kinds.size >= maxKinds || key === keyOf(never)) return undefined;
    const served = await discovery.resourceFor(apiVersion, kind);
    // Somebody else may have begun it meanwhile, or all have been told to end.
    const begun = this.#kinds.get(key);
    if (begun !== undefined || served === undefined || this.#signal === undefined) return begun;
    const isAlways = always.some((one) => keyOf(one) === key);
    const now = clock.now();
    const table = new OwnerTable({ inScope, onChange: (uid) => this.#onChange(uid) });
    const watched: WatchedKind = {
      apiVersion,
      kind,
      served,
      table,
      isAlways,
      ...this.#reflect(kind, served, table),
      waitUntil: now + (isAlways ? alwaysListMs : firstListMs),
      retryAt: undefined,
      isTold: false,
      usedAt: now,
    };
    this.#kinds.set(key, watched);
    this.#start(watched, this.#signal);
    return watched;
  }

  #reflect(kind: string, served: ServedResource, table: OwnerTable) {
    const { client, clock, logger } = this.#options;
    const stop = new AbortController();
    const failed = Promise.withResolvers<void>();
    const reflector: Reflector<KubeObject> = new Reflector({
      client,
      path: served.collection,
      what: resourceName(served),
      metadataOnly: true,
      pageSize,
      sink: table,
      clock,
      logger,
      isTold: isUnwatchable,
      onError: (error) => {
        failed.resolve();
        if (isUnwatchable(error)) this.#giveUp(kind, reflector, error);
      },
    });
    return { stop, failed, reflector };
  }

  #start({ reflector, stop }: WatchedKind, signal: AbortSignal): void {
    // After what calls this: a failure is told when the kind is known.
    const run = setImmediate().then(() => reflector.run(AbortSignal.any([signal, stop.signal])));
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  #giveUp(name: string, reflector: Reflector<KubeObject>, error: unknown): void {
    const { clock, logger } = this.#options;
    const kind = [...this.#kinds.values()].find((one) => one.reflector === reflector);
    if (kind === undefined) return;
    kind.stop.abort();
    kind.retryAt = clock.now() + retryMs;
    if (kind.isTold) return;
    kind.isTold = true;
    const resource = resourceName(kind.served);
    logger.warn(
      { kind: name, resource, error: describeError(error) },
      `can't list and watch ${resource}: each ${name} that owns Pods is read by itself, again every two minutes. ` +
        'Allow list and watch beside get',
    );
  }

  #retryIfDue(kind: WatchedKind): void {
    const { clock } = this.#options;
    if (this.#signal === undefined || kind.retryAt === undefined || kind.retryAt > clock.now()) return;
    Object.assign(kind, this.#reflect(kind.kind, kind.served, kind.table));
    kind.retryAt = undefined;
    kind.waitUntil = clock.now();
    this.#start(kind, this.#signal);
  }
}

function answerOf(
  { table, served }: WatchedKind,
  owner: OwnerReference,
  namespace: string,
): OwnerAnswer | undefined {
  const known = table.get(owner.uid);
  if (known === undefined) return undefined;
  // The reference is whatever the Pod's creator wrote; the API server would find none of that name and UID.
  const isThatOne = known.name === owner.name && known.namespace === (served.namespaced ? namespace : '');
  return { controller: isThatOne ? known.controller : undefined, isFinal: true };
}

function keyOf({ apiVersion, kind }: Kind): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

/** It is not allowed, not served, or can't be listed or watched at all. */
function isUnwatchable(error: unknown): boolean {
  return isForbidden(error) || (isRefused(error) && !isGone(error));
}
