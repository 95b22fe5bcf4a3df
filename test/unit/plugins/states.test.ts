import { expect } from 'chai';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { Lifecycle } from '../../../operator/plugins/lifecycle/lifecycle.ts';
import type { ScriptText } from '../../../operator/plugins/script/script-text.ts';
import { PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import { Statistics } from '../../../operator/plugins/status/statistics.ts';
import { buildStatus } from '../../../operator/plugins/status/status.ts';
import { failureReasons } from '../../../operator/sandbox/contract.ts';
import { makePlugin } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { kstatusOf, kubectlWaitEnds } from '../support/kstatus.ts';
import { ScriptedSandbox } from '../support/scripted-sandbox.ts';

/** An operator's part that looks after one plugin, which a test takes from state to state. */
class Lab {
  readonly clock = new ManualClock(Date.parse('2026-01-02T03:04:05Z'));
  readonly sandbox = new ScriptedSandbox();
  readonly statistics: Statistics;
  readonly lifecycle: Lifecycle;
  missingGroups: string[] = [];
  text: ScriptText = { ok: false, message: 'the ConfigMap a/b does not exist' };
  /** As the API server has it; at first as it makes it. */
  plugin: LuaPlugin = { ...makePlugin('p', {}, { generation: 0 }), status: { observedGeneration: -1 } };

  constructor() {
    const metrics = new Metrics(failureReasons);
    const { clock, sandbox } = this;
    this.statistics = new Statistics({ metrics, clock, onNewError: () => {} });
    this.lifecycle = new Lifecycle({
      sandbox,
      plugins: new PluginSet(),
      scripts: {
        read: (_plugin, { script }) =>
          Promise.resolve(script === undefined ? this.text : { ok: true, script }),
        release: () => {},
      },
      statistics: this.statistics,
      metrics,
      logger: silentLogger,
      clock,
      namespaceLabels: () => undefined,
      missingGroups: () => Promise.resolve(this.missingGroups),
      storedRevision: () => Promise.resolve(undefined),
    });
    sandbox.failures.set('broken', { reason: 'compile', message: 'p:1: syntax error', line: 1 });
    sandbox.failures.set('slow', { reason: 'timeout', message: 'took longer than 1000 ms' });
  }

  /** Somebody applies a spec; the operator has not looked yet. */
  write(spec: Partial<LuaPluginSpec>): this {
    const { metadata, status = {} } = this.plugin;
    const generation = (metadata.generation ?? 0) + 1;
    const made = makePlugin('p', spec, { ...metadata, generation });
    // The two exclude each other.
    if (spec.scriptFrom !== undefined) delete made.spec.script;
    this.plugin = { ...made, status };
    return this;
  }

  /** The operator looks, and writes the status. */
  async look(): Promise<this> {
    const state = await this.lifecycle.apply(this.plugin);
    const current = this.plugin.status;
    const statistics = this.statistics.get('p');
    const status = buildStatus({ state, statistics, current, now: this.clock.now() });
    const given = Object.entries(status).filter(([, value]) => value !== null);
    this.plugin = { ...this.plugin, status: Object.fromEntries(given) };
    return this;
  }

  async apply(spec: Partial<LuaPluginSpec>): Promise<this> {
    return await this.write(spec).look();
  }
}

const good = { script: 'good' };
const fromConfigMap = { scriptFrom: { configMapKeyRef: { namespace: 'a', name: 'b', key: 'c' } } };
const failingTests = [{ name: 't', metadata: {}, expect: { type: 'Job', name: 'j' } }];

/** What users and tools see: conditions as `Ready=True Serving`; Serving's and Degraded's usual ones are left out. */
interface Expected {
  readonly conditions: readonly string[];
  /** Whether `kubectl wait --for=condition=Ready` ends. */
  readonly wait: boolean;
  readonly kstatus: ReturnType<typeof kstatusOf>;
}

const states: readonly (readonly [string, (lab: Lab) => unknown, Expected])[] = [
  [
    'new, and not looked at',
    (lab) => lab.write(good),
    { conditions: [], wait: false, kstatus: 'InProgress' },
  ],
  [
    'serving',
    (lab) => lab.apply(good),
    {
      conditions: ['Ready=True Serving', 'Serving=True Serving', 'Degraded=False NoErrors'],
      wait: true,
      kstatus: 'Current',
    },
  ],
  [
    'reloading',
    async (lab) => (await lab.apply(good)).write({ script: 'better' }),
    {
      conditions: ['Ready=True Serving', 'Serving=True Serving', 'Degraded=False NoErrors'],
      wait: false,
      kstatus: 'InProgress',
    },
  ],
  [
    'broken from the first',
    (lab) => lab.apply({ script: 'broken' }),
    {
      conditions: [
        'Ready=False CompileError',
        'Serving=False NoRevision',
        'Degraded=False NoErrors',
        'Stalled=True CompileError',
      ],
      wait: false,
      kstatus: 'Failed',
    },
  ],
  [
    'broken after it was good',
    async (lab) => (await lab.apply(good)).apply({ script: 'broken' }),
    {
      conditions: [
        'Ready=False CompileError',
        'Serving=True Serving',
        'Degraded=False NoErrors',
        'Stalled=True CompileError',
      ],
      wait: false,
      kstatus: 'Failed',
    },
  ],
  [
    'mended',
    async (lab) => (await lab.apply({ script: 'broken' })).apply(good),
    {
      conditions: ['Ready=True Serving', 'Serving=True Serving', 'Degraded=False NoErrors'],
      wait: true,
      kstatus: 'Current',
    },
  ],
  [
    'refused by its tests',
    async (lab) => (await lab.apply(good)).apply({ script: 'other', tests: failingTests }),
    {
      conditions: [
        'Ready=False TestsFailed',
        'Serving=True Serving',
        'Degraded=False NoErrors',
        'Stalled=True TestsFailed',
      ],
      wait: false,
      kstatus: 'Failed',
    },
  ],
  [
    'too slow at its first load: the machine may have been busy',
    (lab) => lab.apply({ script: 'slow' }),
    {
      conditions: ['Ready=False LoadTimeout', 'Serving=False NoRevision', 'Degraded=False NoErrors'],
      wait: false,
      kstatus: 'InProgress',
    },
  ],
  [
    'too slow each time',
    async (lab) => {
      await lab.apply({ script: 'slow' });
      for (let retry = 0; retry < 2; retry += 1) {
        lab.clock.skip(60_000);
        await lab.look();
      }
    },
    {
      conditions: [
        'Ready=False LoadTimeout',
        'Serving=False NoRevision',
        'Degraded=False NoErrors',
        'Stalled=True LoadTimeout',
      ],
      wait: false,
      kstatus: 'Failed',
    },
  ],
  [
    'suspended',
    async (lab) => (await lab.apply(good)).apply({ ...good, suspend: true }),
    {
      conditions: ['Ready=False Suspended', 'Serving=False Suspended', 'Degraded=False NoErrors'],
      wait: false,
      kstatus: 'InProgress',
    },
  ],
  [
    'dormant until an API group is served',
    (lab) => {
      lab.missingGroups = ['apps.kruise.io'];
      return lab.apply(good);
    },
    {
      conditions: ['Ready=True Dormant', 'Serving=False DependencyMissing', 'Degraded=False NoErrors'],
      wait: true,
      kstatus: 'Current',
    },
  ],
  [
    'waiting for its script',
    (lab) => lab.apply(fromConfigMap),
    {
      conditions: ['Ready=False ScriptNotFound', 'Serving=False NoRevision', 'Degraded=False NoErrors'],
      wait: false,
      kstatus: 'InProgress',
    },
  ],
  [
    'serving on without its script',
    async (lab) => {
      lab.text = { ok: true, script: 'good' };
      await lab.apply(fromConfigMap);
      lab.text = { ok: false, message: 'the ConfigMap a/b does not exist' };
      lab.lifecycle.scriptChanged('p');
      await lab.look();
    },
    {
      conditions: ['Ready=False ScriptNotFound', 'Serving=True Serving', 'Degraded=False NoErrors'],
      wait: false,
      kstatus: 'InProgress',
    },
  ],
  [
    'failing on Pods',
    async (lab) => {
      await lab.apply(good);
      const failure = { reason: 'runtime', message: 'p:2: oops' } as const;
      lab.statistics.called('p', { result: 'error', failure }, 0.001, 'a/b');
      await lab.look();
    },
    {
      conditions: ['Ready=True Serving', 'Serving=True Serving', 'Degraded=True ErrorsRecur'],
      wait: true,
      kstatus: 'Current',
    },
  ],
  [
    'quarantined',
    async (lab) => {
      await lab.apply(good);
      lab.statistics.quarantine('p', lab.clock.now() + 60_000);
      await lab.look();
    },
    {
      conditions: ['Ready=True Serving', 'Serving=True Serving', 'Degraded=True Quarantined'],
      wait: true,
      kstatus: 'Current',
    },
  ],
  [
    'in conflict with another',
    async (lab) => {
      await lab.apply(good);
      const workload = { type: 'T', name: 'n' };
      lab.statistics.disagrees('p', [
        { with: 'q', decides: false, pod: 'a/b', own: workload, other: { ...workload, name: 'm' } },
      ]);
      await lab.look();
    },
    {
      conditions: [
        'Ready=True Serving',
        'Serving=True Serving',
        'Degraded=False NoErrors',
        'Conflicted=True SamePriority',
      ],
      wait: true,
      kstatus: 'Current',
    },
  ],
  [
    'being deleted in the foreground',
    async (lab) => {
      await lab.apply(good);
      const { metadata } = lab.plugin;
      lab.plugin = { ...lab.plugin, metadata: { ...metadata, deletionTimestamp: '2026-01-02T03:04:06Z' } };
    },
    {
      conditions: ['Ready=True Serving', 'Serving=True Serving', 'Degraded=False NoErrors'],
      wait: true,
      kstatus: 'Terminating',
    },
  ],
];

describe('kubectl wait, kstatus and a person see a plugin that is', () => {
  for (const [state, lead, expected] of states) {
    it(state, async () => {
      const lab = new Lab();
      await lead(lab);
      const { plugin } = lab;
      const conditions = (plugin.status?.conditions ?? []).map(
        ({ type, status, reason }) => `${type}=${status} ${reason}`,
      );
      expect({
        conditions,
        wait: kubectlWaitEnds(plugin, 'Ready'),
        kstatus: kstatusOf(plugin),
      }).to.deep.equal(expected);
    });
  }
});
