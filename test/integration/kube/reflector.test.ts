import { expect } from 'chai';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { listPages } from '../../../operator/kube/client/list.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { Reflector, type ReflectorOptions } from '../../../operator/kube/watch/reflector.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';

describe('the reflector on a real API server', () => {
  const fixture = useControlPlane();
  const undo: (() => Promise<unknown>)[] = [];
  let objects: Map<string, KubeObject>;

  beforeEach(() => {
    objects = new Map();
  });

  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  const podsPath = () => `/api/v1/namespaces/${fixture.namespace}/pods`;

  /** Reflects into `objects` with that kubeconfig, until the test ends. */
  function reflect(kubeconfigPath: string, options: Partial<ReflectorOptions<KubeObject>> = {}) {
    const client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: kubeconfigPath }),
      version: '0',
    });
    const reflector = new Reflector<KubeObject>({
      client,
      path: podsPath(),
      what: 'Pods',
      metadataOnly: true,
      logger: silentLogger,
      sink: {
        upsert: (object) => objects.set(object.metadata.uid, object),
        remove: (uid) => objects.delete(uid),
        uids: () => objects.keys(),
      },
      ...options,
    });
    const stop = new AbortController();
    const ended = reflector.run(stop.signal);
    undo.push(
      () => client.close(),
      async () => {
        stop.abort();
        await ended;
      },
    );
    return reflector;
  }

  /** The sink and the server agree on every object and its version. */
  async function converged(): Promise<void> {
    await eventually('the sink to equal the server', async () => {
      const list = await fixture.plane.api.request<{ items: KubeObject[] }>('GET', podsPath());
      const state = (items: Iterable<KubeObject>) =>
        Array.from(
          items,
          ({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`,
        ).sort();
      expect(state(objects.values())).to.deep.equal(state(list.items));
      return true;
    });
  }

  const remove = (name: string) =>
    fixture.plane.api.request('DELETE', `${podsPath()}/${name}?gracePeriodSeconds=0`);
  const annotate = (name: string, annotations: Record<string, string>) =>
    fixture.plane.api.request('PATCH', `${podsPath()}/${name}`, { metadata: { annotations } });

  it('lists in pages and follows what is made, changed, deleted and made anew, as metadata only', async () => {
    const { namespace, plane } = fixture;
    await Promise.all([1, 2, 3, 4, 5].map((i) => createPod(plane.api, { namespace, name: `early-${i}` })));
    const reflector = reflect(plane.kubeconfigPath, { pageSize: 2 });
    await reflector.synced;
    await converged();
    await createPod(plane.api, { namespace, name: 'late' });
    await annotate('early-1', { text: 'ü€😀' });
    await remove('early-2');
    await remove('early-3');
    await createPod(plane.api, { namespace, name: 'early-3' });
    await converged();
    const object = [...objects.values()].find(({ metadata }) => metadata.name === 'early-1');
    expect(object?.metadata.annotations).to.deep.equal({ text: 'ü€😀' });
    expect(object).to.have.all.keys('apiVersion', 'kind', 'metadata');
  });

  it("takes its lists from the server's cache, where many instances list, and misses nothing", async () => {
    const { namespace, plane } = fixture;
    await Promise.all([1, 2, 3].map((i) => createPod(plane.api, { namespace, name: `cached-${i}` })));
    const reflector = reflect(plane.kubeconfigPath, { fromCache: true, pageSize: 1 });
    await reflector.synced;
    await remove('cached-1');
    await createPod(plane.api, { namespace, name: 'cached-4' });
    await converged();
  });

  it('is told when the cache is behind what it has seen, as after a restore', async () => {
    const client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: fixture.plane.kubeconfigPath }),
      version: '0',
    });
    undo.push(() => client.close());
    const pages = listPages({
      client,
      path: podsPath(),
      query: {},
      accept: undefined,
      pageSize: 500,
      notOlderThan: '999999999999',
      signal: new AbortController().signal,
    });
    const error = await pages.next().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ApiError).and.to.include({ status: 504, isStatus: true });
  });

  describe('behind a connection that breaks', () => {
    let proxy: FaultProxy;
    let kubeconfigPath: string;

    beforeEach(async () => {
      const { plane } = fixture;
      // The proxy passes tokens on, not client certificates.
      await plane.kubectl(['apply', '-k', baseDirectory]);
      const direct = await plane.serviceAccountKubeconfig(operatorAccount);
      proxy = await startFaultProxy(direct);
      undo.push(() => proxy.close());
      kubeconfigPath = await proxy.kubeconfig(direct);
    });

    for (const [what, fault] of [
      ['is reset', () => proxy.reset()],
      ['is half-open: no bytes, no end', () => proxy.freeze()],
      [
        'cannot be made for a while',
        async () => {
          await proxy.refuse(true);
          proxy.reset();
        },
      ],
    ] as const) {
      it(`misses nothing when it ${what}`, async () => {
        const { namespace, plane } = fixture;
        const name = `p-${what.replace(/\W+/g, '-').slice(0, 12)}`;
        await createPod(plane.api, { namespace, name: `${name}-goes` });
        await createPod(plane.api, { namespace, name: `${name}-again` });
        const reflector = reflect(kubeconfigPath, { silenceMs: 1_500 });
        await reflector.synced;
        await converged();
        // A change that arrives by the watch shows that it is open.
        await annotate(`${name}-goes`, { seen: 'true' });
        await converged();
        await fault();
        await remove(`${name}-goes`);
        await remove(`${name}-again`);
        await createPod(plane.api, { namespace, name: `${name}-again` });
        await createPod(plane.api, { namespace, name: `${name}-comes` });
        if (what.startsWith('cannot')) {
          await eventually('the failure to show', () =>
            reflector.lastError?.includes('cannot reach the API server'),
          );
        }
        await proxy.refuse(false);
        await converged();
      });
    }
  });

  it('names the permission that is missing, and heals when it is granted', async () => {
    const { namespace, plane } = fixture;
    const account = { namespace, name: 'nobody' };
    await plane.api.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      metadata: { name: account.name },
    });
    const reflector = reflect(await plane.serviceAccountKubeconfig(account));
    await eventually('the refusal', () => reflector.lastError);
    expect(reflector.lastError).to.contain('RBAC lacks verb "list" on resource "pods" in API group ""');
    const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await plane.api.request('POST', `${roles}/roles`, {
      metadata: { name: 'pods' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
    });
    await plane.api.request('POST', `${roles}/rolebindings`, {
      metadata: { name: 'pods' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'pods' },
      subjects: [{ kind: 'ServiceAccount', ...account }],
    });
    await reflector.synced;
    await converged();
    await eventually('the watch to be open', () => reflector.lastError === undefined);
  });

  it('waits for a resource that is not served yet', async () => {
    const { plane } = fixture;
    const group = `${fixture.namespace}.example.com`;
    const reflector = reflect(plane.kubeconfigPath, { path: `/apis/${group}/v1/things` });
    await eventually('the failure', () => reflector.lastError);
    expect(reflector.lastError).to.contain(`/apis/${group}/v1/things is not served`);
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const schema = { openAPIV3Schema: { type: 'object' } };
    await plane.api.request('POST', crds, {
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: 'Cluster',
        names: { plural: 'things', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    undo.push(() => plane.api.request('DELETE', `${crds}/things.${group}`));
    await reflector.synced;
    expect(reflector.isSynced).to.equal(true);
  });
});
