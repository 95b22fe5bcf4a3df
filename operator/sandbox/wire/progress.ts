/** Milliseconds of a clock that all threads of the process share. */
export function sharedNow(): number {
  return performance.now() + offset;
}

// Each thread's performance.now() starts at its own zero.
const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** What a Worker is doing right now. */
export interface Activity {
  /** Place of the call in the running batch; 0 while loading for a `load` message. */
  readonly call: number;
  /** Place of the program in the call's list. */
  readonly step: number;
  /** Whether the script is being loaded, not its function called. */
  readonly isLoading: boolean;
  /** When this step began, on the shared clock. */
  readonly since: number;
  /** CPU time that the thread had had a little before it began, in milliseconds. */
  readonly cpuMsBefore: number;
}

// What a Worker does, as it is written.
const idle = 0;
const calling = 1;
const loading = 2;

/**
 * A page of memory in which a Worker says what it is doing, and the host's main thread reads it while the Worker is
 * deep in Lua and can answer nothing.
 */
export class Progress {
  readonly memory: SharedArrayBuffer;
  readonly #times: Float64Array;
  readonly #place: Int32Array;

  constructor(memory = new SharedArrayBuffer(32)) {
    this.memory = memory;
    this.#times = new Float64Array(memory, 0, 2);
    this.#place = new Int32Array(memory, 16, 3);
  }

  /** The Worker's side: a step begins. */
  begin(doing: 'load' | 'call', call: number, step: number, since: number): void {
    this.#times[0] = since;
    this.#place[1] = call;
    Atomics.store(this.#place, 2, step);
    Atomics.store(this.#place, 0, doing === 'load' ? loading : calling);
  }

  /** The Worker's side: notes the CPU time so far, which is not that of the steps to come. */
  noteCpu(): void {
    const { user, system } = process.threadCpuUsage();
    this.#times[1] = (user + system) / 1000;
  }

  /** The Worker's side: no step is running. */
  end(): void {
    Atomics.store(this.#place, 0, idle);
  }

  /** The main thread's side. A step that changes while it is read is too young to matter. */
  read(): Activity | undefined {
    const doing = Atomics.load(this.#place, 0);
    if (doing === idle) return undefined;
    return {
      step: Atomics.load(this.#place, 2),
      call: this.#place[1] ?? 0,
      isLoading: doing === loading,
      since: this.#times[0] ?? 0,
      cpuMsBefore: this.#times[1] ?? 0,
    };
  }
}
