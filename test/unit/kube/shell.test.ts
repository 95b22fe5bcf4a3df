import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { PooledKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import type { Runnable } from '../../../operator/process/run-group.ts';
import { OperatorShell } from '../../../operator/shell.ts';
import { aborted } from '../../../operator/time/aborted.ts';
import { settle, until } from '../support/clock.ts';
import { FakeClient } from './fake-client.ts';
import { added, deleted, makePage, makePod, modified } from './objects.ts';

/** Shows what an operator's class sees of the shell. */
class TestOperator extends OperatorShell {
  readonly events: ResourceEvent[] = [];
  onEvent: (event: ResourceEvent) => Promise<void> = async () => {};

  protected override async init(): Promise<void> {
    await this.watchResource('', 'v1', 'pods', async (event) => {
      this.events.push(event);
      await this.onEvent(event);
    });
  }

  register(file: string) {
    return this.registerCustomResourceDefinition(file);
  }

  setStatus(meta: ResourceMeta, status: unknown) {
    return this.setResourceStatus(meta, status);
  }

  patchStatus(meta: ResourceMeta, status: unknown) {
    return this.patchResourceStatus(meta, status);
  }

  finalize(event: ResourceEvent) {
    return this.handleResourceFinalizer(event, 'test/finalizer', async () => {});
  }

  include(member: Runnable): void {
    this.parts.start('member', member);
  }

  get failure(): string | undefined {
    return this.parts.failure?.message;
  }
}

function makeOperator(client: FakeClient): TestOperator {
  const kubeConfig = new PooledKubeConfig();
  const cluster = { name: 'c', server: 'https://10.0.0.1', skipTLSVerify: false };
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'u' });
  return new TestOperator({ kubeConfig, client, logger: silentLogger });
}

describe('OperatorShell', () => {
  let client: FakeClient;
  let operator: TestOperator;

  beforeEach(() => {
    client = new FakeClient();
    operator = makeOperator(client);
  });

  afterEach(() => operator.stop());

  const told = () => operator.events.map(({ type, object }) => `${type} ${object.metadata?.name}`);

  /** The meta of a Pod that the operator was told of. */
  async function metaOfPod(): Promise<ResourceMeta> {
    client.answer(makePage([makePod('a', { version: '5' })]));
    await operator.start();
    await until(() => operator.events.length === 1, 'the event');
    const [event] = operator.events;
    if (event === undefined) throw new Error('no event');
    return event.meta;
  }

  it('is not disturbed by a broken default kubeconfig, and leaves the environment as it was', () => {
    const kept = process.env.KUBECONFIG;
    process.env.KUBECONFIG = '/nowhere/at/all';
    try {
      makeOperator(client);
      expect(process.env.KUBECONFIG).to.equal('/nowhere/at/all');
    } finally {
      if (kept === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = kept;
    }
  });

  it('tells of objects that exist, change and go', async () => {
    client.answer(makePage([makePod('a')]));
    const watch = client.open();
    await operator.start();
    await until(() => operator.events.length === 1, 'the first');
    watch.send(modified(makePod('a', { version: '2' })), added(makePod('b')));
    await until(() => operator.events.length === 3, 'the next two');
    watch.send(deleted(makePod('a', { version: '3' })));
    await until(() => operator.events.length === 4, 'the last');
    expect(told()).to.deep.equal(['ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a']);
  });

  it('tells one event at a time, and only the latest state of each object', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    operator.onEvent = () => gate;
    client.answer(makePage([makePod('a')]));
    const watch = client.open();
    await operator.start();
    watch.send(added(makePod('b')), modified(makePod('b', { version: '2' })));
    watch.send(modified(makePod('a', { version: '3' })), modified(makePod('a', { version: '4' })));
    await settle();
    expect(told()).to.deep.equal(['ADDED a']);
    open();
    await until(() => operator.events.length === 3, 'the rest');
    const versions = operator.events.map(({ meta }) => `${meta.name}@${meta.resourceVersion}`);
    expect(versions).to.deep.equal(['a@1', 'b@2', 'a@4']);
  });

  it('tells an event again when the callback threw', async () => {
    let failures = 2;
    operator.onEvent = async ({ object }) => {
      object.metadata = {};
      if (failures-- > 0) throw new ApiError(409);
    };
    client.answer(makePage([makePod('a')]));
    await operator.start();
    await until(() => operator.events.length === 3, 'three tries');
    await settle();
    expect(operator.events.map(({ type, meta }) => `${type} ${meta.name}`)).to.deep.equal(
      Array(3).fill('ADDED a'),
    );
  });

  it('ends its watches and members on stop, and only then', async () => {
    await operator.start();
    let ended = false;
    operator.include({
      run: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            ended = true;
            resolve();
          });
        }),
    });
    await settle();
    expect(ended).to.equal(false);
    await operator.stop();
    expect(ended).to.equal(true);
    await operator.stop();
  });

  it('ends all that runs when a part fails, and says which and why', async () => {
    client.answer(makePage([makePod('a')]));
    client.open();
    await operator.start();
    await until(() => operator.events.length === 1, 'the first event');
    let isEnded = false;
    operator.include({
      run: async (signal) => {
        await aborted(signal);
        isEnded = true;
      },
    });
    expect(operator.failure).to.equal(undefined);
    operator.include({ run: () => Promise.reject(new TypeError('no such\nfield')) });
    await until(() => isEnded, 'the end of the others');
    expect(operator.failure).to.equal('member: no such field');
  });

  it('writes status with the version that was seen, and returns the new meta', async () => {
    const meta = await metaOfPod();
    client.answer(makePod('a', { version: '6' }));
    const after = await operator.setStatus(meta, { phase: 'Done' });
    expect(after.resourceVersion).to.equal('6');
    const { method, path, body } = client.calls.at(-1) ?? {};
    expect({ method, path, body }).to.deep.equal({
      method: 'PUT',
      path: '/api/v1/namespaces/default/pods/a/status',
      body: {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a', namespace: 'default', resourceVersion: '5' },
        status: { phase: 'Done' },
      },
    });
  });

  it('lets a refused status write be seen', async () => {
    const meta = await metaOfPod();
    client.refuse(new ApiError(409));
    const error = await operator.patchStatus(meta, {}).catch((reason: unknown) => reason);
    expect(error).to.include({ status: 409 });
  });

  it('adds a finalizer, and tries again when that was refused', async () => {
    client.answer(makePage([makePod('a')]));
    client.refuse(new ApiError(503)).answer(makePod('a'));
    operator.onEvent = async (event) => {
      await operator.finalize(event);
    };
    await operator.start();
    const patches = () => client.calls.filter(({ method }) => method === 'PATCH');
    await until(() => patches().length === 2, 'the second try');
    expect(patches().map(({ body }) => body)).to.deep.equal(
      Array(2).fill({ metadata: { resourceVersion: '1', finalizers: ['test/finalizer'] } }),
    );
  });

  describe('registerCustomResourceDefinition', () => {
    let directory: string;
    let file: string;

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'crd-'));
      file = join(directory, 'crd.yaml');
      const versions = [{ name: 'v1', served: true, storage: true }];
      const crd = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'things.example.com' },
        spec: { group: 'example.com', names: { plural: 'things', kind: 'Thing' }, versions },
      };
      await writeFile(file, JSON.stringify(crd));
    });

    afterEach(() => rm(directory, { recursive: true }));

    it('creates it, and is content with one that exists', async () => {
      client.answer({}).refuse(new ApiError(409, { reason: 'AlreadyExists' }));
      for (let i = 0; i < 2; i++) {
        expect(await operator.register(file)).to.include({ group: 'example.com', plural: 'things' });
      }
      expect(client.calls[0]).to.include({
        method: 'POST',
        path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      });
    });

    it('fails when the server refuses it, or when the file is something else', async () => {
      client.refuse(new ApiError(403));
      expect(await operator.register(file).catch((reason: unknown) => reason)).to.include({ status: 403 });
      await writeFile(file, 'apiVersion: v1');
      const error = await operator.register(file).catch((reason: Error) => reason.message);
      expect(error).to.contain('is no CustomResourceDefinition');
    });
  });
});
