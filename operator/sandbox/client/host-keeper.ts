import type { Logger } from '../../observability/logging.ts';
import type { Clock, Random } from '../../time/clock.ts';
import type { Configure, HostInput } from '../wire/input.ts';
import type { HostOutput } from '../wire/output.ts';
import { backOffMs } from './back-off.ts';
import { HostProcess } from './host-process.ts';
import { wasmPath } from './readable.ts';

export interface KeeperEvents {
  /** A host is up and knows nothing yet. */
  ready(): void;
  message(output: HostOutput): void;
  /** The host died; another one will follow. */
  lost(cause: string): void;
}

/** After this long in service a death is not one of a series any more. */
const provenMs = 60_000;
const restart = { firstMs: 50, longestMs: 30_000 };
/** So many deaths in a row take three minutes and more: no other start can be expected to help. */
const hopelessDeaths = 20;

/** Keeps one sandbox host running: starts it, and starts another one, with back-off, whenever it dies. */
export class HostKeeper {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #configure: Configure;
  readonly #events: KeeperEvents;
  readonly #stop = new AbortController();
  #host: HostProcess | undefined;
  #isReady = false;
  #startedAt: number | undefined;
  /** In a row. */
  #deaths = 0;
  #lastCause = '';
  #gone: (() => void) | undefined;

  constructor(
    logger: Logger,
    clock: Clock,
    random: Random,
    settings: Omit<Configure, 'kind' | 'wasm'>,
    events: KeeperEvents,
  ) {
    this.#logger = logger;
    this.#clock = clock;
    this.#random = random;
    this.#configure = { kind: 'configure', wasm: wasmPath, ...settings };
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** Why no host is in service, in one line; undefined while one is. */
  get problem(): string | undefined {
    if (this.#stop.signal.aborted) return 'the sandbox was stopped';
    if (this.#isReady) return undefined;
    if (this.#startedAt === undefined) return 'the sandbox host was not started yet';
    if (this.#deaths === 0) return 'the sandbox host is starting';
    return `the sandbox host is restarting after ${this.#deaths} ${this.#deaths === 1 ? 'death' : 'deaths'}`;
  }

  /** Why starting it again and again does not help, in one line; undefined while it may. */
  get fault(): string | undefined {
    const isProven = this.#isReady && this.#clock.now() - (this.#startedAt ?? 0) > provenMs;
    if (this.#deaths < hopelessDeaths || isProven) return undefined;
    return `the sandbox host died ${this.#deaths} times in a row, at last by ${this.#lastCause}`;
  }

  start(): void {
    this.#startedAt = this.#clock.now();
    this.#isReady = false;
    const host = new HostProcess(this.#logger, {
      message: (output) => this.#hear(output),
      exited: (cause) => this.#exited(cause),
    });
    this.#host = host;
    host.send(this.#configure);
  }

  /** To the host, if there is one in service. */
  send(input: HostInput): void {
    if (this.#isReady) this.#host?.send(input);
  }

  /** Ends the host and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    if (!this.#host) return;
    const gone = new Promise<void>((resolve) => {
      this.#gone = resolve;
    });
    this.#host.kill();
    await gone;
  }

  #hear(output: HostOutput): void {
    if (output.kind !== 'ready') {
      try {
        this.#events.message(output);
      } catch (error) {
        // Whatever a host says must not end the operator. One that makes no sense is not to be trusted any further.
        this.#logger.error({ error }, 'the sandbox host sent a message that makes no sense; ending it');
        this.#host?.kill();
      }
      return;
    }
    this.#isReady = true;
    this.#logger.info({ pid: this.#host?.pid }, 'the sandbox host is ready');
    this.#events.ready();
  }

  #exited(cause: string): void {
    this.#host = undefined;
    this.#isReady = false;
    if (this.#stop.signal.aborted) {
      this.#gone?.();
      return;
    }
    if (this.#clock.now() - (this.#startedAt ?? 0) > provenMs) this.#deaths = 0;
    this.#deaths++;
    this.#lastCause = cause;
    const waitMs = backOffMs(restart, this.#deaths, this.#random);
    this.#logger.warn({ cause, waitMs: Math.round(waitMs) }, 'the sandbox host died; starting another one');
    this.#events.lost(cause);
    this.#clock.sleep(waitMs, this.#stop.signal).then(
      () => this.start(),
      () => {}, // Stopped meanwhile.
    );
  }
}
