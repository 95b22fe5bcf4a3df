import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { isNotFound } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { Waiting, type WaitingOptions } from '../../cluster/waiting.ts';
import { referenceTo } from '../install/manifest.ts';
import type { Target } from '../install/targets.ts';

const intervalMs = 500;

export interface GoneWait extends WaitingOptions {
  readonly client: KubeClient;
  readonly targets: readonly Target[];
}

/**
 * Waits until objects that were deleted are gone; one that was made anew under the name does not count.
 * @returns undefined once all are; else the first that is left when the time is over
 */
export async function waitUntilGone(wait: GoneWait): Promise<string | undefined> {
  const { client, targets } = wait;
  const waiting = new Waiting(wait, intervalMs);
  for (const target of targets) {
    const reference = referenceTo(target.manifest);
    while (await isThere(target, client)) {
      if (!(await waiting.pause(`${reference} to be gone`))) return reference;
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
