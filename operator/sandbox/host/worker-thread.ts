import { Worker } from 'node:worker_threads';
import type { MemoryBudget } from '../engine/memory-budget.ts';
import type { WorkerInput, WorkerStart } from '../wire/input.ts';
import type { WorkerEnd, WorkerOutput } from '../wire/output.ts';
import { Progress } from '../wire/progress.ts';
import { cpuMsOf } from './cpu-time.ts';

/** What a Worker needs besides what is its own. */
export interface WorkerParts extends Omit<WorkerStart, 'progress' | 'budget' | 'place'> {
  readonly budget: MemoryBudget;
}

export interface WorkerEvents {
  message(message: WorkerOutput): void;
  /** It ended by itself; never called after `stop`. */
  ended(reason: WorkerEnd): void;
}

// A Worker's file has the same ending as this one: .ts in development, .js once built.
const entry = new URL(
  `../worker/main${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

/** JavaScript memory of one Worker, in MiB. Lua's memory is not in it. */
const heapMiB = 128;

/** One Worker and what it says it is doing. */
export class WorkerThread {
  readonly progress = new Progress();
  readonly #worker: Worker;
  #stopped = false;

  constructor(parts: WorkerParts, events: WorkerEvents) {
    const { budget } = parts;
    const place = budget.enter();
    const start: WorkerStart = { ...parts, progress: this.progress.memory, budget: budget.shared, place };
    this.#worker = new Worker(entry, {
      workerData: start,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    });
    this.#worker.on('message', (message: WorkerOutput) => {
      if (!this.#stopped) events.message(message);
    });
    const end = (reason: WorkerEnd) => {
      if (this.#stopped) return;
      this.#stopped = true;
      events.ended(reason);
    };
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY')
        process.stderr.write(`worker failed: ${String(error.stack)}\n`);
      end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash');
    });
    this.#worker.on('exit', () => {
      budget.leave(place); // Only now: a thread that is being stopped has its memory still.
      end('crash');
    });
  }

  send(message: WorkerInput): void {
    this.#worker.postMessage(message);
  }

  /** CPU time of its thread; see cpuMsOf. */
  cpuMs(): Promise<number | undefined> {
    return cpuMsOf(this.#worker);
  }

  /** Ends it, in the middle of a call if need be. Nothing is heard of it any more. */
  stop(): void {
    this.#stopped = true;
    this.#worker.terminate().catch((error: unknown) => process.stderr.write(`worker: ${String(error)}\n`));
  }
}
