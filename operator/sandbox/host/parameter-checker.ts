import { Worker } from 'node:worker_threads';
import type { CheckedParameters } from '../contract.ts';
import type { ParameterCheck } from '../wire/input.ts';

// The Worker's file has the same ending as this one: .ts in development, .js once built.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const entry = new URL(`../worker/check-parameters${ending}`, import.meta.url);

/** One check may take this long, the start of its Worker not counted. */
const limitMs = 1000;
/** A Worker that had nothing to check for this long is given up. */
const idleMs = 10_000;
const heapMiB = 64;

/**
 * Checks parameters one after the other, in a Worker that runs nothing else: a schema is a program too, and one whose
 * pattern backtracks for ever is ended like a script.
 */
export class ParameterChecker {
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Takes what the Worker says next; undefined when it ended instead. */
  #heard: (message: CheckedParameters | undefined) => void = () => {};

  /** Never rejects. */
  check(check: ParameterCheck): Promise<CheckedParameters> {
    const result = this.#last.then(() => this.#run(check));
    this.#last = result;
    return result;
  }

  async #run(check: ParameterCheck): Promise<CheckedParameters> {
    clearTimeout(this.#idle);
    const worker = this.#worker ?? (await this.#start());
    let isOverdue = false;
    const overdue = setTimeout(() => {
      isOverdue = true;
      this.#end(worker);
    }, limitMs);
    const reply = this.#next();
    worker.postMessage(check);
    const result = await reply;
    clearTimeout(overdue);
    this.#idle = setTimeout(() => this.#end(worker), idleMs);
    if (result) return result;
    const why = isOverdue ? `took longer than ${limitMs} ms` : 'failed: it may need too much memory';
    return { ok: false, message: `checking spec.parameters by spec.parametersSchema ${why}` };
  }

  /** A Worker that has said it is ready, or one that has ended and will not answer. */
  async #start(): Promise<Worker> {
    const worker = new Worker(entry, { env: {}, resourceLimits: { maxOldGenerationSizeMb: heapMiB } });
    this.#worker = worker;
    worker.on('message', (message: CheckedParameters) => this.#heard(message));
    worker.on('error', (error) => process.stderr.write(`checking parameters: ${error.message}\n`));
    worker.on('exit', () => this.#end(worker));
    await this.#next();
    return worker;
  }

  #next(): Promise<CheckedParameters | undefined> {
    return new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  #end(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#heard(undefined);
    worker.terminate().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  }
}
