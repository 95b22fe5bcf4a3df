import { setTimeout as delay } from 'node:timers/promises';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { eventually } from '../../support/eventually.ts';
import { childrenOf, type Memory, memoryOf } from '../memory/processes.ts';
import { Scrape } from './scrape.ts';

/** 100,000 Pods on a busy machine take minutes. */
const timeoutMs = 10 * 60_000;
/** As many lines of the log are shown of an operator that does not come to rest. */
const shownLines = 10;
const writesSeries = 'luaplugin_pod_writes_total{result="success"}';

export interface SubjectOptions {
  /** Of the operator's service account. */
  readonly kubeconfig: string;
  /** The program's file. */
  readonly entry: string;
  /** Where V8 writes what the operator spent its CPU on, once it ends; undefined: it does not look. */
  readonly profileDirectory: string | undefined;
}

export interface Processes {
  readonly operator: Memory;
  readonly host: Memory;
}

/** The built operator that is measured. */
export class Subject {
  readonly #running: RunningOperator;
  /** From its start until all Pods were known and nothing was left to do, in seconds. */
  readonly startSeconds: number;

  constructor(running: RunningOperator, startSeconds: number) {
    this.#running = running;
    this.startSeconds = startSeconds;
  }

  get pid(): number {
    return this.#running.pid;
  }

  /** The sandbox host's process id. */
  get hostPid(): number {
    const [pid] = childrenOf(this.pid);
    if (pid === undefined) throw new Error('the operator has no sandbox host');
    return pid;
  }

  /** How long the first list of all Pods took, in seconds, as the operator logged it. */
  get listSeconds(): number {
    return Number(this.#running.logs().find(({ msg }) => msg === 'Pods: synced')?.seconds);
  }

  memory(): Processes {
    return { operator: memoryOf(this.pid), host: memoryOf(this.hostPid) };
  }

  async scrape(): Promise<Scrape> {
    return new Scrape(await (await fetch(`${this.#running.url}/metrics`)).text());
  }

  async writes(): Promise<number> {
    return (await this.scrape()).value(writesSeries);
  }

  /**
   * Resolves when there were so many writes since the operator's start. Each question costs the operator CPU that is
   * measured, so it is asked seldom until the end is near.
   */
  async whenWritten(target: number, onCount: (writes: number) => void): Promise<void> {
    const begin = performance.now();
    const before = await this.writes();
    for (;;) {
      const writes = await this.writes();
      onCount(writes);
      if (writes >= target) return;
      const elapsedMs = performance.now() - begin;
      if (elapsedMs > timeoutMs) throw new Error(`only ${writes} of ${target} writes within ${timeoutMs} ms`);
      const leftMs = writes > before ? ((target - writes) / (writes - before)) * elapsedMs : 200;
      await delay(Math.min(Math.max(leftMs / 2, 20), 2_000));
    }
  }

  /** Resolves when all Pods are known and nothing is left to do. */
  async whenAtRest(): Promise<void> {
    await eventually(
      'the operator to be at rest',
      async () => {
        if (!this.#running.logs().some(({ msg }) => msg === 'all Pods are known')) return false;
        const scrape = await this.scrape();
        return (
          scrape.value('workqueue_depth{name="pod"}') === 0 &&
          scrape.value('controller_runtime_active_workers{controller="pod"}') === 0
        );
      },
      { timeoutMs },
    ).catch((error: Error) => {
      const lines = this.#running.logs().slice(-shownLines);
      const log = lines.map((line) => JSON.stringify(line)).join('\n');
      throw new Error(`${error.message}; the end of its log:\n${log}`, { cause: error });
    });
  }

  async stop(): Promise<void> {
    await this.#running.stop();
  }
}

/** Starts it and waits until it is at rest. @param use is given it; it is stopped afterwards, whatever happens */
export async function withSubject<T>(
  { kubeconfig, entry, profileDirectory }: SubjectOptions,
  use: (subject: Subject) => Promise<T>,
): Promise<T> {
  const env = profileDirectory && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDirectory}` };
  const begin = performance.now();
  const running = await startOperator({ kubeconfig, logLevel: 'info', entry, env: env || {} });
  try {
    await new Subject(running, 0).whenAtRest();
    return await use(new Subject(running, (performance.now() - begin) / 1000));
  } finally {
    await running.stop();
  }
}
