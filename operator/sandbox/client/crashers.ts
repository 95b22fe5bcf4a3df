import type { Clock, Random } from '../../time/clock.ts';
import type { Failure } from '../contract.ts';
import { failure } from '../failure.ts';
import { backOffMs } from './back-off.ts';

const policy = { firstMs: 10_000, longestMs: 600_000 };

/** Programs that were alone in the host when it died. They are left alone for a while, longer each time. */
export class Crashers {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #seen = new Map<string, { crashes: number; until: number }>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Notes a crash. @returns the failure to give for it. */
  add(program: string): Failure {
    const crashes = (this.#seen.get(program)?.crashes ?? 0) + 1;
    this.#seen.set(program, { crashes, until: this.#clock.now() + backOffMs(policy, crashes, this.#random) });
    return failure('crash', `${program}: the sandbox host died while only this program ran`);
  }

  /** The failure to give at once, while the program is left alone. */
  verdict(program: string): Failure | undefined {
    const leftMs = (this.#seen.get(program)?.until ?? 0) - this.#clock.now();
    if (leftMs <= 0) return undefined;
    const until = new Date(this.#clock.wallTime() + leftMs).toISOString();
    return failure('crash', `${program}: not run until ${until}, because it has killed the sandbox host`);
  }

  forget(program: string): void {
    this.#seen.delete(program);
  }
}
