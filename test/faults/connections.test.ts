import { expect } from 'chai';
import { useControlPlane } from '../support/control-plane.ts';
import { type CallFilter, type Fault, isList, isPatch, isWatch, ofPods } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';
import { Meanwhile } from './meanwhile.ts';
import { halfOpenPatches, halfOpenWatches, refusedFor } from './patient.ts';
import { followRetryAfter } from './retry-after.ts';
import { until } from './wait.ts';

/** A fault while it lasts. */
interface Lasting {
  /** Whether the operator has felt it enough. */
  readonly happened: () => boolean | Promise<boolean>;
  readonly end: () => Promise<void>;
}

const seed = 5;

/** Between the operator and the API server: connections break, hang and answer wrongly. */
describe('every Pod comes out right, and none is written twice,', function () {
  this.timeout(400_000);
  const fixture = useControlPlane();
  const meanwhile = new Meanwhile({
    'while watches are half-open: no bytes, no end': halfOpenWatches,
    'while PATCHes are half-open and do not reach the server': halfOpenPatches(false),
    'while PATCHes are half-open that have reached the server': halfOpenPatches(true),
    'while the server answers 429 with Retry-After for 30 s, which is kept to': refusedFor(30, 429, 1),
    'while the server answers 500 for 30 s': refusedFor(30, 500),
    'while the server answers 503 for 30 s': refusedFor(30, 503),
  });
  let arena: Arena;
  let instance: Instance;

  before('start the operator, and begin what takes long', async () => {
    arena = await Arena.open(fixture.plane, { seed });
    instance = await arena.startInstance();
    await arena.settled();
    meanwhile.begin(fixture.plane);
  });
  after('stop all', async () => {
    await arena?.close();
    await meanwhile.ended();
  });

  /** Every call of that kind, as often as that at the least; what is open is reset, so that it is made anew. */
  const onCalls = (fault: Fault, filter: CallFilter, atLeast: number) => (): Lasting => {
    const rule = instance.proxy.inject(fault, filter);
    instance.proxy.reset((call) => isWatch(call) && filter(call));
    return { happened: () => rule.hits >= atLeast, end: async () => rule.lift() };
  };
  /** The operator has to list Pods again, and does not get through. */
  const onLists = (fault: Fault, atLeast: number) => (): Lasting => {
    const list = onCalls(fault, (call) => isList(call) && ofPods(call), atLeast)();
    const watch = onCalls({ kind: 'status', status: 410, reason: 'Expired' }, podWatch, 1)();
    const end = async () => {
      await list.end();
      await watch.end();
    };
    return { happened: list.happened, end };
  };
  /** No PATCH comes again sooner than the server has asked for. */
  const onPatchesRefused = (): Lasting => {
    const followed = followRetryAfter(instance.proxy, 1);
    const fault = onCalls({ kind: 'status', status: 429, retryAfterSeconds: 1 }, isPatch, 10)();
    const end = async () => {
      await fault.end();
      followed.end();
      expect(followed.early.slice(0, 5), 'calls that did not wait for Retry-After').to.deep.equal([]);
    };
    return { happened: fault.happened, end };
  };
  const noConnection = async (): Promise<Lasting> => {
    await instance.proxy.refuse(true);
    instance.proxy.reset();
    const { url } = instance.operator;
    return {
      happened: async () => (await (await fetch(`${url}/readyz?verbose`)).text()).includes('cannot reach'),
      end: () => instance.proxy.refuse(false),
    };
  };
  const all: CallFilter = () => true;
  const podWatch: CallFilter = (call) => isWatch(call) && ofPods(call);

  const faults: Readonly<Record<string, () => Lasting | Promise<Lasting>>> = {
    'while connections are reset in the middle of a list': onLists({ kind: 'reset', afterBytes: 5_000 }, 3),
    'while connections are reset in the middle of a watch': onCalls(
      { kind: 'reset', afterBytes: 3_000 },
      isWatch,
      5,
    ),
    'while connections are reset before a PATCH arrives': onCalls({ kind: 'reset' }, isPatch, 20),
    'while connections are reset after a PATCH was done': onCalls(
      { kind: 'reset', afterBytes: 10 },
      isPatch,
      20,
    ),
    'while lists end in the middle of a line of JSON': onLists({ kind: 'cut', within: 'line' }, 3),
    'while watches end in the middle of a line of JSON': onCalls(
      { kind: 'cut', within: 'line' },
      podWatch,
      3,
    ),
    'while watches end in the middle of a character': onCalls(
      { kind: 'cut', within: 'character' },
      podWatch,
      3,
    ),
    'while answers to a PATCH end in the middle of a line of JSON': onCalls(
      { kind: 'cut', within: 'line' },
      isPatch,
      20,
    ),
    'while every PATCH is answered with 429 and Retry-After, which is kept to': onPatchesRefused,
    'while every PATCH is answered with 500': onCalls({ kind: 'status', status: 500 }, isPatch, 50),
    'while no connection can be made': noConnection,
    'while the server takes 2 s for each call': onCalls({ kind: 'slow', ms: 2_000 }, all, 40),
  };
  for (const [when, begin] of Object.entries(faults)) {
    it(when, async () => {
      await arena.churn();
      const fault = await begin();
      try {
        await arena.changePlugin();
        await arena.createDeployment(`web-${arena.revision}`);
        await until('the fault to have happened', fault.happened);
        await arena.podsChange();
      } finally {
        await fault.end();
      }
      await arena.comesOutRight(instance);
    });
  }

  meanwhile.tests();
});
