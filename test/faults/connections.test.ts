import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { type CallFilter, type Fault, isList, isPatch, isWatch, ofPods } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';

/** A fault while it lasts. */
interface Lasting {
  /** Whether the operator has felt it enough. */
  readonly happened: () => boolean | Promise<boolean>;
  readonly end: () => Promise<void>;
}

const seed = 5;
const changesMeanwhile = 20;
const podList: CallFilter = (call) => isList(call) && ofPods(call);
const podWatch: CallFilter = (call) => isWatch(call) && ofPods(call);

/** One fault after the other, while Pods change and the plugin is changed, on one operator. */
describe('the operator comes through', function () {
  this.timeout(240_000);
  const fixture = useControlPlane();
  let arena: Arena;
  let instance: Instance;

  before('start the operator', async () => {
    arena = await Arena.open(fixture.plane, { seed });
    instance = await arena.startInstance();
    await arena.settled();
  });
  after('stop the operator', () => arena?.close());

  /** Every call of that kind, as often as that at the least; what is open is reset, so that it is made anew. */
  const onCalls = (fault: Fault, filter: CallFilter, atLeast: number) => (): Lasting => {
    const rule = instance.proxy.inject(fault, filter);
    instance.proxy.reset((call) => isWatch(call) && filter(call));
    return { happened: () => rule.hits >= atLeast, end: async () => rule.lift() };
  };
  /** The operator has to list Pods again, and does not get through. */
  const onLists = (fault: Fault, atLeast: number) => (): Lasting => {
    const onList = onCalls(fault, podList, atLeast)();
    const forgotten = { kind: 'status', status: 410, reason: 'Expired' } as const;
    const onWatch = onCalls(forgotten, podWatch, 1)();
    const end = async () => {
      await onList.end();
      await onWatch.end();
    };
    return { happened: onList.happened, end };
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

  const faults: Readonly<Record<string, () => Lasting | Promise<Lasting>>> = {
    'connections that are reset in the middle of a list': onLists({ kind: 'reset', afterBytes: 5_000 }, 3),
    'connections that are reset in the middle of a watch': onCalls(
      { kind: 'reset', afterBytes: 3_000 },
      isWatch,
      5,
    ),
    'connections that are reset before a PATCH arrives': onCalls({ kind: 'reset' }, isPatch, 20),
    'connections that are reset after a PATCH was done': onCalls(
      { kind: 'reset', afterBytes: 10 },
      isPatch,
      20,
    ),
    'lists that end in the middle of the JSON': onLists({ kind: 'cut', within: 'line' }, 3),
    'watches that end in the middle of a line': onCalls({ kind: 'cut', within: 'line' }, podWatch, 3),
    'watches that end in the middle of a character': onCalls(
      { kind: 'cut', within: 'character' },
      podWatch,
      4,
    ),
    'answers to a PATCH that end in the middle': onCalls({ kind: 'cut', within: 'line' }, isPatch, 20),
    '429 with Retry-After to everything': onCalls(
      { kind: 'status', status: 429, retryAfterSeconds: 1 },
      all,
      10,
    ),
    '429 with Retry-After to every PATCH': onCalls(
      { kind: 'status', status: 429, retryAfterSeconds: 1 },
      isPatch,
      100,
    ),
    '500 to everything': onCalls({ kind: 'status', status: 500 }, all, 10),
    '500 to every PATCH': onCalls({ kind: 'status', status: 500 }, isPatch, 100),
    'no connection at all': noConnection,
    'a server that takes 2 s for each call': onCalls({ kind: 'slow', ms: 2_000 }, all, 40),
  };
  for (const [what, begin] of Object.entries(faults)) {
    it(what, async () => {
      await arena.churn();
      const fault = await begin();
      try {
        await arena.changePlugin();
        await arena.createDeployment(`web-${arena.revision}`);
        await eventually('the fault to have happened', fault.happened, { timeoutMs: 60_000 });
        await eventually('Pods to have changed meanwhile', () => arena.changes >= changesMeanwhile);
      } finally {
        await fault.end();
      }
      await arena.comesOutRight(instance);
    });
  }
});
