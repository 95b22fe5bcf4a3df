import { setTimeout as delay } from 'node:timers/promises';
import { restMs } from './sizes.ts';
import { type Processes, withSubject } from './subject.ts';
import type { World } from './world.ts';

/** A start of the operator over Pods that are resolved already. */
export interface Restart {
  readonly pods: number;
  /** Should be none. */
  readonly writes: number;
  /** From the first page of the list to the last. */
  readonly listSeconds: number;
  /** From the start of the process until every Pod has been looked at. */
  readonly syncedSeconds: number;
  /** MiB, the moment that every Pod has been looked at. */
  readonly synced: Processes;
  /** MiB, once it was left alone for a while. */
  readonly atRest: Processes;
}

/** Starts the operator over the Pods that there are, and looks at what it writes and takes. */
export function restart({ population, subject, progress }: World): Promise<Restart> {
  const pods = population.pods.length;
  progress.line(`restart over ${pods} resolved Pods`);
  return withSubject(subject, async (running) => {
    const synced = running.memory();
    await delay(restMs);
    return {
      pods,
      writes: await running.writes(),
      listSeconds: running.listSeconds,
      syncedSeconds: running.startSeconds,
      synced,
      atRest: running.memory(),
    };
  });
}
