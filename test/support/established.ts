import type { Kubectl } from '../cluster/kubectl.ts';
import { eventually } from './eventually.ts';

/**
 * Waits until resource definitions are served. kubectl 1.36 fails on one that is so new that its status has null for
 * conditions, and is asked again.
 * @param what their names, as in `crd/robots.example.com`, or `-f -`
 * @param input what kubectl reads for `-f -`
 */
export async function established(kubectl: Kubectl, what: readonly string[], input?: string): Promise<void> {
  await eventually('the definitions to be established', () =>
    kubectl(
      ['wait', '--for=condition=Established', '--timeout=2m', ...what],
      input === undefined ? {} : { input },
    ),
  );
}
