import { backoffDelay } from '../../time/backoff.ts';
import type { Random } from '../../time/clock.ts';

/** The first pause, in milliseconds; each further one is twice as long. */
const firstMs = 2_000;
/** A trial that has come to nothing after so many milliseconds is not waited for: another Pod may try, too. */
const trialMs = 60_000;

/** Pods that wait while one of them tries, after pauses that grow. */
export class Pause {
  readonly #random: Random;
  readonly #longestMs: number;
  /** By UID, in order of their turns: the digest of what the Pod was when it came. */
  readonly #pods = new Map<string, number>();
  /** Those that may try, until they have. More than one only where a trial takes long. */
  readonly #trials = new Set<string>();
  #refusals = 0;
  #until: number;
  #takesNewest = true;

  /** @param longestMs no pause is longer, in milliseconds */
  constructor(now: number, longestMs: number, random: Random) {
    this.#random = random;
    this.#longestMs = longestMs;
    this.#until = now + this.#delay();
  }

  get size(): number {
    return this.#pods.size;
  }

  /** The digest that a Pod came with; undefined when it is not here. */
  digestOf(uid: string): number | undefined {
    return this.#pods.get(uid);
  }

  add(uid: string, digest: number): void {
    this.#pods.set(uid, digest);
  }

  delete(uid: string): boolean {
    this.#trials.delete(uid);
    return this.#pods.delete(uid);
  }

  /** Nobody need wait: the next pause is short again. @returns the Pods that waited */
  clear(): string[] {
    this.#refusals = 0;
    const uids = [...this.#pods.keys()];
    this.#pods.clear();
    this.#trials.clear();
    return uids;
  }

  /** Whether this Pod is one that may try. */
  isTrial(uid: string): boolean {
    return this.#trials.has(uid);
  }

  isOver(now: number): boolean {
    return now >= this.#until;
  }

  /** There is reason to believe that a trial would pass: the pause ends now. */
  end(now: number): void {
    this.#until = Math.min(this.#until, now);
  }

  /** Lets a Pod try. */
  begin(uid: string, now: number): void {
    this.#trials.add(uid);
    this.#until = now + trialMs;
  }

  /** A Pod has tried and was refused: the next pause is longer. */
  refused(uid: string, now: number): void {
    if (!this.#trials.delete(uid)) return;
    this.#refusals += 1;
    this.#until = now + this.#delay();
  }

  /** The Pod whose turn it is, which has its next turn after all others; undefined when all are trying. */
  next(): string | undefined {
    for (const [uid, digest] of this.#pods) {
      if (this.#trials.has(uid)) continue;
      this.#pods.delete(uid);
      this.#pods.set(uid, digest);
      return uid;
    }
    return undefined;
  }

  /** The Pod that came last, and every other time the one that came first. */
  nextOfEitherEnd(): string | undefined {
    const takesNewest = this.#takesNewest;
    this.#takesNewest = !takesNewest;
    if (!takesNewest) return this.next();
    let newest: string | undefined;
    for (const uid of this.#pods.keys()) if (!this.#trials.has(uid)) newest = uid;
    return newest;
  }

  #delay(): number {
    return backoffDelay(this.#refusals, { baseMs: firstMs, maxMs: this.#longestMs }, this.#random);
  }
}
