import { randomBytes } from 'node:crypto';
import type { ControlPlane } from '../cluster/control-plane.ts';

/** Building the binaries takes minutes the first time; a test that waits for them must not time out. */
const startTimeoutMs = 30 * 60_000;

let shared: Promise<ControlPlane> | undefined;

/** The API server that all tests of a run share, with crds/ and the stand-ins; the first who asks starts it. */
export function sharedControlPlane(): Promise<ControlPlane> {
  shared ??= start();
  return shared;
}

/** Stops the shared API server if one was started; mocha calls this at the end of a run. */
export async function stopSharedControlPlane(): Promise<void> {
  const running = shared;
  shared = undefined;
  // A failed start was reported by the hook that asked for it, and has left nothing behind.
  const plane = await running?.catch(() => undefined);
  await plane?.stop();
}

/** What `useControlPlane` gives to the tests of a `describe`; only inside hooks and tests. */
export interface ControlPlaneFixture {
  readonly plane: ControlPlane;
  /** A namespace that only this `describe` uses. */
  readonly namespace: string;
}

/** Called in a `describe`: its tests get the shared API server and a namespace of their own. */
export function useControlPlane(): ControlPlaneFixture {
  let plane: ControlPlane | undefined;
  const namespace = `test-${randomBytes(4).toString('hex')}`;
  before('start the API server', async function () {
    this.timeout(startTimeoutMs);
    plane = await sharedControlPlane();
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  });
  return {
    get plane() {
      if (!plane) throw new Error('The API server is there in hooks and tests only.');
      return plane;
    },
    namespace,
  };
}

async function start(): Promise<ControlPlane> {
  // Loaded on demand, so that unit tests alone do not pay for it.
  const { crdsDirectory, standInsDirectory, startControlPlane } = await import('../cluster/control-plane.ts');
  return startControlPlane({ crds: [crdsDirectory, standInsDirectory] });
}
