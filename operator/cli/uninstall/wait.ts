import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/types.ts';
import { referenceTo } from '../install/manifest.ts';
import type { Target } from '../install/targets.ts';

const intervalMs = 500;
/** Whoever waits less needs no news. */
const patienceMs = 1_000;

export interface GoneWait {
  readonly client: KubeClient;
  readonly targets: readonly Target[];
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told what is waited for, when that changes; not of a wait that is short. */
  readonly onWaiting: (message: string) => void;
}

/**
 * Waits until objects that were deleted are gone; one that was made anew under the name does not count.
 * @returns undefined once all are; else the first that is left when the time is over
 */
export async function waitUntilGone(wait: GoneWait): Promise<string | undefined> {
  const { client, targets, timeoutMs, clock, onWaiting } = wait;
  const begun = clock.now();
  for (const target of targets) {
    const reference = referenceTo(target.manifest);
    let isTold = false;
    while (await isThere(target, client)) {
      const waitedMs = clock.now() - begun;
      if (waitedMs >= timeoutMs) return reference;
      if (waitedMs >= patienceMs && !isTold) {
        isTold = true;
        onWaiting(`${reference} to be gone`);
      }
      await clock.sleep(Math.min(intervalMs, timeoutMs - waitedMs));
    }
  }
  return undefined;
}

async function isThere({ path, present }: Target, client: KubeClient): Promise<boolean> {
  try {
    const { metadata } = await client.request<KubeObject>({ method: 'GET', path });
    return metadata.uid === present?.metadata.uid;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
