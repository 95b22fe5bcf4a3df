import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** A thread that says nothing for this long gets no CPU. */
const answerMs = 20;

/**
 * CPU time of a Worker's thread, in milliseconds, even while it is deep in a loop: the thread gives the answer between
 * two steps of it. Undefined when it has ended, or got no CPU to answer for a while.
 */
export async function cpuMsOf(worker: Worker): Promise<number | undefined> {
  const usage = worker.cpuUsage().catch(() => undefined); // Rejects when the Worker has ended.
  const answer = await Promise.race([usage, delay(answerMs, undefined, { ref: false })]);
  return answer && (answer.user + answer.system) / 1000;
}
