import { expect } from 'chai';
import { setCondition } from '../../../operator/api/conditions.ts';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { applyPatch, PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { isConflict } from '../../../operator/kube/client/errors.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { Reflector } from '../../../operator/kube/watch/reflector.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { buildStatus } from '../../../operator/plugins/status/status.ts';
import { StatusWriter } from '../../../operator/plugins/status/status-writer.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { ManualClock } from '../../unit/support/clock.ts';

const others = Array.from({ length: 10 }, (_, index) => `Other${index}`);
/** Of each of them, at least. */
const rounds = 10;
const failing = { type: 'Ready', status: 'False', reason: 'CompileError', observedGeneration: 1 } as const;
const serving = { type: 'Ready', status: 'True', reason: 'Serving', observedGeneration: 1 } as const;

describe('the status of a plugin on a real API server', () => {
  const fixture = useControlPlane();
  const path = `/apis/luaplugin.dev/v1alpha1/luaplugins/${fixture.namespace}`;
  const stop = new AbortController();
  let client: PooledKubeClient;
  let watching: Promise<void>;
  /** Every state that the plugin has had since the watch began, the latest last. */
  const seen: LuaPlugin[] = [];

  before(async () => {
    client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: fixture.plane.kubeconfigPath }),
      version: 'test',
    });
    await fixture.plane.api.request('POST', '/apis/luaplugin.dev/v1alpha1/luaplugins', {
      apiVersion: 'luaplugin.dev/v1alpha1',
      kind: 'LuaPlugin',
      metadata: { name: fixture.namespace },
      // Which other tests' Pods it would be asked about is no matter: no operator runs.
      spec: { script: 'function GetWorkloadTypeAndName() return "", "" end' },
    });
    const reflector = new Reflector<LuaPlugin>({
      client,
      path: '/apis/luaplugin.dev/v1alpha1/luaplugins',
      what: 'LuaPlugins',
      query: { fieldSelector: `metadata.name=${fixture.namespace}` },
      logger: silentLogger,
      sink: { upsert: (plugin) => void seen.push(plugin), remove: () => {}, uids: () => [] },
    });
    watching = reflector.run(stop.signal);
    await reflector.synced;
  });

  after(async () => {
    stop.abort();
    await watching;
    await fixture.plane.api.request('DELETE', path);
    await client.close();
  });

  const latest = () => seen.at(-1) as LuaPlugin;

  /** What other controllers do: each applies its own condition, merged by type, again and again. */
  async function applyOthers(types: readonly string[], isEnough: () => boolean): Promise<number> {
    for (let round = 1; ; round += 1) {
      for (const type of types) {
        const condition = {
          type,
          status: 'True',
          reason: 'Theirs',
          message: String(round),
          lastTransitionTime: '2026-01-01T00:00:00Z',
        };
        await client.request({
          method: 'PATCH',
          path: `${path}/status`,
          query: { fieldManager: type, force: true },
          contentType: applyPatch,
          body: {
            apiVersion: 'luaplugin.dev/v1alpha1',
            kind: 'LuaPlugin',
            metadata: { name: fixture.namespace },
            status: { conditions: [condition] },
          },
        });
      }
      if (round >= rounds && isEnough()) return round;
    }
  }

  it('keeps the conditions of ten others who write a hundred times while the operator writes its own', async () => {
    const clock = new ManualClock();
    const writer = new StatusWriter({ client, clock });
    let isOver = false;
    let written = 0;
    const writeOwn = async () => {
      while (!isOver) {
        clock.skip(60_000);
        const plugin = latest();
        const wanted = written % 2 === 0 ? failing : serving;
        const time = new Date(clock.now()).toISOString();
        const conditions = setCondition(plugin.status?.conditions ?? [], wanted, time);
        try {
          const write = await writer.write(plugin, { ...unchanged(plugin), conditions });
          if (write.result === 'written') written += 1;
        } catch (error) {
          if (!isConflict(error)) throw error;
        }
        // As the controller does it: from what the watch shows next.
        while (latest() === plugin) await new Promise(setImmediate);
      }
    };
    const isEnough = () => written >= 10;
    const own = writeOwn();
    const lanes = [others.slice(0, 5), others.slice(5)];
    const last = await Promise.all(lanes.map((types) => applyOthers(types, isEnough)));
    isOver = true;
    // The last own write may wait for one more state.
    await applyOthers(['Last'], () => true);
    await own;
    const { status } = await client.request<LuaPlugin>({ method: 'GET', path });
    const messages = new Map(status?.conditions?.map(({ type, message }) => [type, message]));
    expect([...messages.keys()].sort()).to.deep.equal([...others, 'Last', 'Ready'].sort());
    for (const [index, type] of others.entries()) {
      expect(messages.get(type), `what ${type} said last`).to.equal(String(last[index < 5 ? 0 : 1]));
      const said = seen.map((plugin) => {
        const condition = plugin.status?.conditions?.find((one) => one.type === type);
        return Number(condition?.message ?? 0);
      });
      expect(said, `what ${type} says never goes back`).to.deep.equal(said.toSorted((a, b) => a - b));
    }
  });
});

/** The parts of a status that are no conditions, as they are. */
function unchanged({ status }: LuaPlugin) {
  const state = {
    uid: undefined,
    generation: status?.observedGeneration ?? 0,
    outcome: { state: 'suspended' },
    scriptVersion: 0,
    tries: 1,
    retryAt: undefined,
    active: undefined,
  } as const;
  return buildStatus({ state, statistics: undefined, current: status, now: 0 });
}
