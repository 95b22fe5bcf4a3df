import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { WorkerInput, WorkerStart } from '../wire/input.ts';
import type { WorkerEnd, WorkerOutput } from '../wire/output.ts';
import { Progress } from '../wire/progress.ts';

/** What a Worker needs besides its own page of memory. */
export type WorkerParts = Omit<WorkerStart, 'progress'>;

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

/** A thread that says nothing for this long gets no CPU. */
const cpuAnswerMs = 20;
/** JavaScript memory of one Worker, in MiB. Lua's memory is not in it. */
const heapMiB = 128;

/** One Worker and what it says it is doing. */
export class WorkerThread {
  readonly progress = new Progress();
  readonly #worker: Worker;
  #stopped = false;

  constructor(parts: WorkerParts, events: WorkerEvents) {
    const start: WorkerStart = { ...parts, progress: this.progress.memory };
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
    this.#worker.on('exit', () => end('crash'));
  }

  send(message: WorkerInput): void {
    this.#worker.postMessage(message);
  }

  /**
   * CPU time of its thread, in milliseconds, even while it is deep in Lua. The thread itself gives the answer between
   * two steps of a loop; undefined when it has ended, or got no CPU to answer for a while.
   */
  async cpuMs(): Promise<number | undefined> {
    const usage = this.#worker.cpuUsage().catch(() => undefined); // Rejects when the Worker has ended.
    const answer = await Promise.race([usage, delay(cpuAnswerMs, undefined, { ref: false })]);
    return answer && (answer.user + answer.system) / 1000;
  }

  /** Ends it, in the middle of a call if need be. Nothing is heard of it any more. */
  stop(): void {
    this.#stopped = true;
    this.#worker.terminate().catch((error: unknown) => process.stderr.write(`worker: ${String(error)}\n`));
  }
}
