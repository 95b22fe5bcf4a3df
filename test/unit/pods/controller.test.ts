import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject, ObjectMeta } from '../../../operator/kube/client/types.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { type PluginEntry, PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { PodController } from '../../../operator/pods/controller.ts';
import { Resolver } from '../../../operator/pods/resolve/resolver.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { type Answer, failureReasons } from '../../../operator/sandbox/contract.ts';
import type { OwnerAnswer } from '../../../operator/workloads/standard.ts';
import { makeOwner, makePod, writtenBy } from '../support/builders.ts';
import { failing, resolved, ScriptedSandbox } from '../support/scripted-sandbox.ts';

const limits = { timeoutMs: 50, memoryBytes: 2 ** 24 };
const type = 'luaplugin.dev/workload-type';
const name = 'luaplugin.dev/workload-name';
const resolvedBy = 'luaplugin.dev/resolved-by';

/** One Pod, an API server that applies its patches, and plugins that answer what the test says. */
async function setUp(
  pod: Partial<ObjectMeta> = {},
  options: { allowedTypes?: string[]; standard?: boolean; owner?: OwnerAnswer } = {},
) {
  const keys = new AnnotationKeys('luaplugin.dev');
  const clock = { now: () => 0, wallTime: () => 0, sleep: () => Promise.resolve() };
  const metrics = new Metrics(failureReasons);
  const sandbox = new ScriptedSandbox();
  const plugins = new PluginSet();
  const queued: string[] = [];
  const later: string[] = [];
  const counts: Record<string, number> = {};
  const store = new PodStore({ keys, inScope: () => true });
  const object = makePod({ uid: 'u', ...pod });
  store.upsert(object);

  const patches: unknown[] = [];
  let failure: Error | undefined;
  let patched = () => {};
  const client: KubeClient = {
    request<T>({ method, body }: KubeRequest): Promise<T> {
      if (failure !== undefined) return Promise.reject(failure);
      expect(method).to.equal('PATCH');
      patches.push(body);
      patched();
      const { annotations } = (body as KubeObject).metadata;
      const merged = Object.entries({ ...object.metadata.annotations, ...annotations });
      const left = Object.fromEntries(merged.filter(([, value]) => value !== null));
      object.metadata = { ...object.metadata, annotations: left, resourceVersion: `1${patches.length}` };
      return Promise.resolve(object as T);
    },
    stream: () => Promise.reject(new Error('not in this test')),
    close: () => Promise.resolve(),
  };
  const resolver = new Resolver({
    plugins,
    sandbox,
    owners: {
      controllerOf: () => Promise.resolve(options.owner ?? { controller: undefined, isFinal: true }),
    },
    standardResolution: options.standard ?? true,
    allowedTypes: options.allowedTypes ?? [],
    metadataOf: (record) => store.metadata(record),
    onStep: () => {},
  });
  const controller = new PodController({
    store,
    resolver,
    writer: new PodWriter({ client, keys, limiter: { take: () => Promise.resolve() }, onWrite: () => {} }),
    plugins,
    queue: {
      add: (uid) => queued.push(uid),
      addAfter: (uid) => later.push(uid),
      forget: () => {},
      clear: () => {},
      run: () => new Promise(() => {}),
    },
    onCount: (plugin, pods) => {
      counts[plugin] = pods;
    },
    metrics,
    logger: silentLogger,
    clock,
  });
  void controller.run(new AbortController().signal);
  queued.length = 0;

  const plug = async (plugin: string, answer: () => Answer, entry: Partial<PluginEntry> = {}) => {
    sandbox.answers.set(plugin, answer);
    await sandbox.load({ id: `${plugin}@1`, plugin, script: plugin, limits });
    plugins.put({
      name: plugin,
      priority: 0,
      mode: 'Enforce',
      matches: () => true,
      program: `${plugin}@1`,
      ...entry,
    });
  };
  return {
    controller,
    plug,
    plugins,
    sandbox,
    store,
    patches,
    queued,
    later,
    counts,
    annotations: () => object.metadata.annotations,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    onPatch: (listener: () => void) => {
      patched = listener;
    },
    /** As the API server notes it when a Pod has time to end. */
    markDeleted: () => {
      object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    },
    reconcile: () => controller.reconcile('u', new AbortController().signal),
  };
}

const timeout = failing({ reason: 'timeout', message: 'took longer than 50 ms' });
const mistake = failing({ reason: 'runtime', message: 'p:1: oops', line: 1 });

describe('a Pod', () => {
  it('carries the workload that a plugin gives, and who gave it', async () => {
    const { plug, reconcile, annotations } = await setUp();
    await plug('opengauss', () => resolved('StatefulSet', 'db'));
    await reconcile();
    expect(annotations()).to.deep.equal({
      [type]: 'StatefulSet',
      [name]: 'db',
      [resolvedBy]: 'LuaPlugin/opengauss',
    });
  });

  it('is written with its UID as precondition and nothing but the three annotations', async () => {
    const { reconcile, patches } = await setUp({ name: 'lonely' });
    await reconcile();
    expect(patches).to.deep.equal([
      { metadata: { uid: 'u', annotations: { [type]: 'Pod', [name]: 'lonely', [resolvedBy]: 'standard' } } },
    ]);
  });

  it('goes to the first plugin in order that resolves it', async () => {
    const { plug, reconcile, annotations } = await setUp();
    await plug('skips', () => ({ result: 'skipped' }), { priority: 3 });
    await plug('first', () => resolved('Job', 'one'), { priority: 2 });
    await plug('second', () => resolved('Job', 'two'), { priority: 1 });
    await reconcile();
    expect(annotations()).to.include({ [name]: 'one', [resolvedBy]: 'LuaPlugin/first' });
  });

  it('is not kept from the next plugin by the error of one', async () => {
    const { plug, reconcile, annotations } = await setUp();
    await plug('broken', () => mistake, { priority: 1 });
    await plug('sound', () => resolved('Job', 'one'));
    await reconcile();
    expect(annotations()).to.include({ [resolvedBy]: 'LuaPlugin/sound' });
  });

  it('keeps what it has when the plugin that resolved it fails on it', async () => {
    const carried = { [type]: 'Job', [name]: 'one', [resolvedBy]: 'LuaPlugin/p' };
    const { plug, reconcile, patches, counts } = await setUp({ annotations: carried });
    await plug('p', () => mistake, { priority: 1 });
    await plug('other', () => resolved('Job', 'two'));
    await reconcile();
    expect(patches).to.deep.equal([]);
    expect(counts).to.deep.equal({ p: 1 });
  });

  for (const [failure, kind] of [
    [mistake, 'for good'],
    [timeout, 'for the time being'],
  ] as const) {
    it(`is decided about by the next in order, as after a restart, when somebody forges what a plugin had said that fails ${kind}`, async () => {
      const carried = { [type]: 'Job', [name]: 'one', [resolvedBy]: 'LuaPlugin/p' };
      const own = writtenBy('lua-plugin-operator', { annotations: carried });
      const running = await setUp({ annotations: carried, managedFields: [own] });
      const forged = {
        annotations: { ...carried, [name]: 'gold' },
        managedFields: [
          writtenBy('lua-plugin-operator', { annotations: { [type]: '', [resolvedBy]: '' } }),
          writtenBy('kubectl-annotate', { annotations: { [name]: '' } }),
        ],
        resourceVersion: '11',
      };
      const restarted = await setUp(forged);
      for (const { plug } of [running, restarted]) {
        await plug('p', () => failure, { priority: 1 });
        await plug('other', () => resolved('Job', 'two'));
      }
      await running.reconcile();
      expect(running.patches, 'kept until then').to.deep.equal([]);
      running.store.upsert(makePod({ uid: 'u', ...forged }));
      for (const { reconcile } of [running, restarted]) await reconcile();
      const patch = { [type]: 'Job', [name]: 'two', [resolvedBy]: 'LuaPlugin/other' };
      for (const { patches } of [running, restarted]) {
        expect(patches).to.deep.equal([{ metadata: { uid: 'u', annotations: patch } }]);
      }
    });
  }

  it('keeps what it has while the plugin that resolved it has no revision that serves', async () => {
    const carried = { [type]: 'Job', [name]: 'one', [resolvedBy]: 'LuaPlugin/p' };
    const { plug, reconcile, patches } = await setUp({ annotations: carried });
    await plug('p', () => mistake, { program: undefined });
    await reconcile();
    expect(patches).to.deep.equal([]);
  });

  it('falls to standard resolution when its plugin is deleted', async () => {
    const { plug, reconcile, annotations, plugins, queued } = await setUp({
      ownerReferences: [makeOwner('apps/v1', 'DaemonSet', 'agent')],
    });
    await plug('p', () => resolved('Job', 'one'));
    await reconcile();
    queued.length = 0;
    plugins.remove('p');
    expect(queued).to.deep.equal(['u']);
    await reconcile();
    expect(annotations()).to.deep.equal({ [type]: 'DaemonSet', [name]: 'agent', [resolvedBy]: 'standard' });
  });

  it('loses its annotations, and only those, when nothing resolves it any more', async () => {
    const carried = { note: 'x', [type]: 'Job', [name]: 'one', [resolvedBy]: 'LuaPlugin/gone' };
    const { reconcile, annotations } = await setUp({ annotations: carried }, { standard: false });
    await reconcile();
    expect(annotations()).to.deep.equal({ note: 'x' });
  });

  it('gets its own name when an owner reference holds what no annotation may hold', async () => {
    const owner = makeOwner('example.com/v1', 'Evil Kind\n', 'x');
    const { reconcile, annotations } = await setUp({ ownerReferences: [owner] });
    await reconcile();
    expect(annotations()).to.include({ [type]: 'Pod', [name]: 'web-0' });
  });

  it('is given back at once what somebody overwrote, and then ever less often', async () => {
    const { reconcile, store, patches, later } = await setUp();
    const overwrite = (version: string) =>
      store.upsert(makePod({ uid: 'u', resourceVersion: version, annotations: { [type]: 'Mine' } }));
    await reconcile();
    overwrite('90');
    await reconcile();
    overwrite('91');
    await reconcile();
    expect(patches).to.have.length(2);
    expect(later).to.deep.equal(['u']);
  });

  it('gets no type by its owners that the config does not allow', async () => {
    const { reconcile, patches } = await setUp({}, { allowedTypes: ['Deployment'] });
    await reconcile();
    expect(patches).to.deep.equal([]);
  });

  it('is not written when it already carries its workload', async () => {
    const carried = { [type]: 'Pod', [name]: 'web-0', [resolvedBy]: 'standard' };
    const { reconcile, patches } = await setUp({ annotations: carried });
    await reconcile();
    expect(patches).to.deep.equal([]);
  });

  it('costs no second call while neither it nor its plugins changed', async () => {
    const { plug, reconcile, sandbox } = await setUp();
    await plug('p', () => resolved('Job', 'one'));
    await reconcile();
    await reconcile();
    expect(sandbox.calls).to.have.length(1);
  });

  it('is asked about again when the failure may pass', async () => {
    const { plug, reconcile, sandbox, later, annotations } = await setUp();
    await plug('p', () => timeout);
    await reconcile();
    expect(later).to.deep.equal(['u']);
    sandbox.answers.set('p', () => resolved('Job', 'one'));
    await reconcile();
    expect(annotations()).to.include({ [name]: 'one' });
  });

  it('is asked about by a plugin in DryRun, and not changed by it', async () => {
    const { plug, reconcile, sandbox, annotations } = await setUp();
    await plug('rehearsal', () => resolved('Job', 'one'), { mode: 'DryRun', priority: 9 });
    await reconcile();
    expect(sandbox.calls.map(({ programs }) => programs)).to.deep.include(['rehearsal@1']);
    expect(annotations()).to.include({ [resolvedBy]: 'standard' });
  });

  it('is left as it is, and tried again, when the API server refuses the write for now', async () => {
    const { reconcile, fail, annotations } = await setUp();
    fail(new ApiError(503, { reason: 'ServiceUnavailable', message: 'down' }));
    const outcome = await reconcile().catch((error: Error) => error);
    expect(outcome).to.be.instanceOf(ApiError);
    fail(undefined);
    await reconcile();
    expect(annotations()).to.include({ [type]: 'Pod' });
  });

  it('is queued again when what its owners wait for came, and only if they wait for something', async () => {
    for (const isFinal of [false, true]) {
      const owner = { controller: undefined, isFinal };
      const ownerReferences = [makeOwner('example.com/v1', 'Part', 'part')];
      const { controller, reconcile, queued } = await setUp({ ownerReferences }, { owner });
      await reconcile();
      await controller.revisit();
      expect(queued, `the answer is final: ${isFinal}`).to.deep.equal(isFinal ? [] : ['u']);
    }
  });

  it('does not come back when the answer to its write arrives after its end', async () => {
    const { reconcile, store, counts, onPatch } = await setUp();
    onPatch(() => store.remove('u'));
    await reconcile();
    expect(store.size).to.equal(0);
    expect(counts).to.deep.equal({});
  });

  it('is not counted when the answer to its write is the first to tell that it is being deleted', async () => {
    const { reconcile, plug, store, counts, onPatch, markDeleted } = await setUp();
    await plug('p', () => resolved('Deployment', 'web'));
    onPatch(markDeleted);
    await reconcile();
    expect(store.size).to.equal(0);
    expect(counts).to.deep.equal({});
  });

  for (const [what, error] of [
    ['is gone', new ApiError(404, { kind: 'Status', reason: 'NotFound', message: 'not found' })],
    [
      'was replaced by another of its name',
      new ApiError(422, {
        kind: 'Status',
        reason: 'Invalid',
        details: { causes: [{ field: 'metadata.uid' }] },
      }),
    ],
  ] as const) {
    it(`needs nothing when it ${what}`, async () => {
      const { reconcile, fail, counts, later } = await setUp();
      fail(error);
      await reconcile();
      expect(counts).to.deep.equal({});
      expect(later, 'it is looked at again, in case it is not seen to go').to.deep.equal(['u']);
    });
  }
});
