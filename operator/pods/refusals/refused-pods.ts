import type { ApiError } from '../../kube/client/errors.ts';
import type { Clock, Random } from '../../time/clock.ts';
import { Pause } from './pause.ts';
import type { Refuser } from './refuser.ts';

/** A Pod that is to be written. */
export interface RefusablePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of what it is; a Pod that changed may pass where it was refused before. Absent: it does not change. */
  readonly digest?: number;
}

/** What one who refuses costs now. */
export interface RefusedCount {
  readonly namespaces: number;
  /** Pods that wait. */
  readonly pods: number;
}

/** Told of what happens, for people. */
export interface RefusalListener {
  refused(pod: RefusablePod, refuser: Refuser, error: ApiError): void;
  /** In this namespace no Pod waits for this refuser any more. */
  ended(namespace: string, refuser: string): void;
  /** Called about once a second. */
  look(counts: () => ReadonlyMap<string, RefusedCount>): void;
}

/** Where Pods are queued that wait no longer. */
export interface RetryQueue {
  /** A Pod may try: it is to be queued, ahead of others. @returns false when it is no more */
  tryAgain(uid: string): boolean;
  /** Pods need not wait any longer: they are to be queued. */
  release(uids: readonly string[]): void;
}

export interface RefusedPodsOptions {
  readonly clock: Clock;
  readonly random?: Random;
  readonly listener: RefusalListener;
}

/** The longest pause of those who were refused, and of those who only wait because others were, in milliseconds. */
const longestMs = { refused: 600_000, untried: 60_000 } as const;
/** So many different Pods have to be refused in a row, and none may pass, before a namespace's others wait, too. */
const inARowLimit = 50;
/** Where some pass, it takes this many times more, for each that passed and at the most. */
const passesLimit = 99;
/** How often, in milliseconds, is looked whether a pause is over. */
const lookMs = 1_000;

/**
 * The Pods whose writes somebody refuses. A Pod that was refused is not tried again for its own sake: by namespace and
 * refuser one of them tries, after pauses of seconds at first and ten minutes at last, and when it passes all are
 * released. One that changed is tried as if it were new. After 50 Pods of a namespace in a row, whoever refused them,
 * the namespace's others wait untried; of these one tries after a minute at the most, since not all need be alike.
 *
 * So a namespace whose Pods are all refused costs 50 writes and those under way, some 15 in the first hour for each
 * who refuses, and some 80 while there are untried ones. Where others pass, each Pod that does not costs one more for
 * each of its changes.
 */
export class RefusedPods {
  readonly #options: RefusedPodsOptions & { readonly random: Random };
  readonly #namespaces = new Map<string, RefusedNamespace>();
  #queue: RetryQueue | undefined;
  #isRunning = false;

  constructor(options: RefusedPodsOptions) {
    this.#options = { random: Math.random, ...options };
  }

  /** Namespaces of which anything is kept. */
  get size(): number {
    return this.#namespaces.size;
  }

  /** Whether a Pod may be written now; if not it waits, and is queued when it may. */
  mayTry(pod: RefusablePod): boolean {
    return this.#namespaces.get(pod.namespace)?.mayTry(pod, this.#options.clock.now()) ?? true;
  }

  /** A write was refused: the Pod waits. */
  refused(pod: RefusablePod, refuser: Refuser, error: ApiError): void {
    const { clock, random, listener } = this.#options;
    let namespace = this.#namespaces.get(pod.namespace);
    if (namespace === undefined) {
      namespace = new RefusedNamespace(clock.now(), random);
      this.#namespaces.set(pod.namespace, namespace);
    }
    namespace.refused(pod, refuser.name, clock.now());
    listener.refused(pod, refuser, error);
    this.#tidy(pod.namespace, namespace);
  }

  /** A write passed. */
  passed({ namespace: name, uid }: RefusablePod): void {
    const namespace = this.#namespaces.get(name);
    if (namespace === undefined) return;
    const released = namespace.passed(uid, this.#options.clock.now());
    this.#tidy(name, namespace);
    if (released.length > 0) this.#queue?.release(released);
  }

  /** A Pod is gone, or needs no write any more. */
  forget({ namespace: name, uid }: Pick<RefusablePod, 'namespace' | 'uid'>): void {
    const namespace = this.#namespaces.get(name);
    if (namespace === undefined) return;
    namespace.forget(uid);
    this.#tidy(name, namespace);
  }

  /** By refuser, what waits; nothing while nothing runs. */
  counts(): ReadonlyMap<string, RefusedCount> {
    const counts = new Map<string, RefusedCount>();
    if (!this.#isRunning) return counts;
    for (const namespace of this.#namespaces.values()) {
      for (const [refuser, waiting] of namespace.waiting()) {
        const { namespaces, pods } = counts.get(refuser) ?? { namespaces: 0, pods: 0 };
        counts.set(refuser, { namespaces: namespaces + 1, pods: pods + waiting });
      }
    }
    return counts;
  }

  /** Says where Pods are queued: before run(). */
  queueTo(queue: RetryQueue): void {
    this.#queue = queue;
  }

  /** Lets Pods try whose turn it is, until the signal aborts. Whoever waits when it begins is released. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, listener } = this.#options;
    const queue = this.#queue;
    if (queue === undefined) throw new Error('nobody queues the Pods that were refused');
    this.#isRunning = true;
    try {
      this.#releaseAll();
      while (!signal.aborted) {
        for (const [name, namespace] of this.#namespaces) {
          namespace.startTrials(clock.now(), (uid) => queue.tryAgain(uid));
          this.#tidy(name, namespace);
        }
        listener.look(() => this.counts());
        await clock.sleep(lookMs, signal).catch(() => {});
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #releaseAll(): void {
    for (const [name, namespace] of this.#namespaces) {
      const waited = namespace.clear();
      this.#tidy(name, namespace);
      this.#queue?.release(waited);
    }
  }

  #tidy(name: string, namespace: RefusedNamespace): void {
    for (const refuser of namespace.takeEnded()) this.#options.listener.ended(name, refuser);
    if (namespace.isEmpty) this.#namespaces.delete(name);
  }
}

/** What is known of a namespace while Pods of it wait. */
class RefusedNamespace {
  readonly #random: Random;
  /** By refuser: those who were refused. */
  readonly #refused = new Map<string, Pause>();
  /** Those who wait untried. */
  readonly #untried: Pause;
  /** Who refused last: whom the untried wait for. */
  #lastRefuser = '';
  /** Different Pods, refused since one passed. */
  #inARow = 0;
  #passes = 0;

  constructor(now: number, random: Random) {
    this.#random = random;
    this.#untried = new Pause(now, longestMs.untried, random);
  }

  get isEmpty(): boolean {
    return this.#refused.size === 0 && this.#untried.size === 0;
  }

  /** @returns the Pods that waited */
  clear(): string[] {
    return [...this.#refused.values(), this.#untried].flatMap((pause) => pause.clear());
  }

  /** By refuser, how many Pods wait. */
  waiting(): Map<string, number> {
    const waiting = new Map([...this.#refused].map(([refuser, { size }]) => [refuser, size]));
    const { size } = this.#untried;
    if (size > 0) waiting.set(this.#lastRefuser, (waiting.get(this.#lastRefuser) ?? 0) + size);
    return waiting;
  }

  mayTry({ uid, digest = 0 }: RefusablePod, now: number): boolean {
    for (const pause of this.#refused.values()) {
      const refused = pause.digestOf(uid);
      if (refused === digest) return pause.isTrial(uid);
      if (refused !== undefined) pause.delete(uid);
    }
    if (this.#inARow < inARowLimit * (1 + this.#passes)) return true;
    this.#untried.add(uid, digest);
    if (!this.#untried.isTrial(uid) && this.#untried.isOver(now)) this.#untried.begin(uid, now);
    return this.#untried.isTrial(uid);
  }

  refused({ uid, digest = 0 }: RefusablePod, refuser: string, now: number): void {
    this.#lastRefuser = refuser;
    const known = this.#refused.get(refuser);
    if (known?.digestOf(uid) !== undefined) {
      known.refused(uid, now);
      return;
    }
    this.#untried.refused(uid, now);
    this.forget(uid);
    const pause = known ?? new Pause(now, longestMs.refused, this.#random);
    pause.add(uid, digest);
    this.#refused.set(refuser, pause);
    this.#inARow += 1;
  }

  /** @returns the Pods that need not wait any longer */
  passed(uid: string, now: number): string[] {
    const isFirst = this.#passes === 0;
    this.#inARow = 0;
    this.#passes = Math.min(this.#passes + 1, passesLimit);
    this.#untried.delete(uid);
    // The newest first: should the others be refused again, they have had their turn.
    const released = this.#untried.clear().reverse();
    for (const pause of this.#refused.values()) {
      if (pause.delete(uid)) released.push(...pause.clear());
      // Perhaps nobody refuses any more.
      else if (isFirst) pause.end(now);
    }
    return released;
  }

  forget(uid: string): void {
    for (const pause of [...this.#refused.values(), this.#untried]) pause.delete(uid);
  }

  /** @returns those who refused, and whom no Pod waits for any more */
  takeEnded(): string[] {
    const ended = [...this.#refused].filter(([, { size }]) => size === 0).map(([refuser]) => refuser);
    for (const refuser of ended) this.#refused.delete(refuser);
    return ended;
  }

  startTrials(now: number, onTrial: (uid: string) => boolean): void {
    for (const pause of this.#refused.values()) startTrial(pause, () => pause.next(), now, onTrial);
    startTrial(this.#untried, () => this.#untried.nextOfEitherEnd(), now, onTrial);
  }
}

function startTrial(
  pause: Pause,
  next: () => string | undefined,
  now: number,
  onTrial: (uid: string) => boolean,
): void {
  if (!pause.isOver(now)) return;
  for (let uid = next(); uid !== undefined; uid = next()) {
    pause.begin(uid, now);
    if (onTrial(uid)) return;
    pause.delete(uid);
  }
}
