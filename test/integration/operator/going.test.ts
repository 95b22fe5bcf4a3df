import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

interface Pod {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** A script that calls every Pod a workload of that type. */
const claims = (type: string) => `function GetWorkloadTypeAndName() return "${type}", "app" end`;

describe('a Pod that is going, on a real API server', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  // Each of these tests makes Pods that finish; the other ones are there with and without the option.
  const lab = useOperator(fixture, 'skipFinishedPods: true\n');

  const pathOf = (pod: string) => `/api/v1/namespaces/${namespace}/pods/${pod}`;
  const get = (pod: string) => fixture.plane.api.request<Pod>('GET', pathOf(pod));
  const create = (name: string) => createPod(fixture.plane.api, { namespace, name, node: 'some-node' });
  const carries = (pod: string, workload: string) =>
    eventually(`Pod ${pod} to carry "${workload}"`, async () => {
      expect(await lab.workloadOf(pod)).to.equal(workload);
      return true;
    });
  const counts = (pods: number) =>
    eventually(`the plugin to count ${pods} Pods`, async () => {
      expect(await lab.metric('luaplugin_pods{plugin="apps"}')).to.equal(pods);
      return true;
    });
  /** As the kubelet does when all containers have ended. */
  const finish = (pod: string, phase: 'Succeeded' | 'Failed') =>
    fixture.plane.kubectl([
      'patch',
      'pod',
      pod,
      '-n',
      namespace,
      '--subresource=status',
      '-p',
      JSON.stringify({ status: { phase } }),
    ]);
  let revision = 0;
  const applyPlugin = async () => {
    const type = `App${++revision}`;
    await lab.applyPlugin('apps', { script: claims(type) });
    return `${type} app by LuaPlugin/apps`;
  };

  afterEach('delete the Pods', async () => {
    await fixture.plane.kubectl(['delete', 'pods', '--all', '-n', namespace, '--grace-period=0', '--force']);
  });

  it('is not written after its deletionTimestamp, however often its plugin changes', async () => {
    const first = await applyPlugin();
    for (const pod of ['staying', 'going']) await create(pod);
    await carries('going', first);
    await carries('staying', first);
    await fixture.plane.kubectl(['delete', 'pod', 'going', '-n', namespace, '--wait=false']);
    const deleted = await get('going');
    expect(deleted.metadata.deletionTimestamp, 'it waits for its kubelet').to.be.a('string');
    await counts(1);
    for (let change = 0; change < 2; change++) await carries('staying', await applyPlugin());
    await lab.restart();
    await carries('staying', await applyPlugin());
    expect((await get('going')).metadata).to.deep.include({
      resourceVersion: deleted.metadata.resourceVersion,
      annotations: deleted.metadata.annotations,
    });
  });

  it('leaves the watch when it has finished, with skipFinishedPods: its count goes, its annotations stay', async () => {
    const first = await applyPlugin();
    for (const pod of ['running', 'succeeded', 'failed']) await create(pod);
    for (const pod of ['running', 'succeeded', 'failed']) await carries(pod, first);
    await counts(3);
    await finish('succeeded', 'Succeeded');
    await finish('failed', 'Failed');
    await counts(1);
    const before = await get('succeeded');
    await carries('running', await applyPlugin());
    await lab.restart();
    await carries('running', await applyPlugin());
    await counts(1);
    for (const pod of ['succeeded', 'failed']) expect(await lab.workloadOf(pod)).to.equal(first);
    expect((await get('succeeded')).metadata.resourceVersion).to.equal(before.metadata.resourceVersion);
  });

  it('gets no workload, with skipFinishedPods, when it finished before it was looked at', async () => {
    await lab.operator.stop();
    await create('short');
    await finish('short', 'Succeeded');
    await create('long');
    await lab.restart();
    await eventually('the other Pod to be written', async () => (await lab.workloadOf('long')) !== '');
    expect(await lab.workloadOf('short')).to.equal('');
  });

  it('is told of by the watch as deleted when it finishes, in its last state before and with the new version', async () => {
    const { metadata } = await create('short');
    const query = new URLSearchParams({
      watch: 'true',
      fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
      resourceVersion: (await get('short')).metadata.resourceVersion,
      timeoutSeconds: '3',
    });
    const watch = fixture.plane.kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods?${query}`]);
    await finish('short', 'Succeeded');
    const finished = await get('short');
    const { stdout } = await watch;
    const events: { type: string; object: Pod & { metadata: { uid: string } } }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).to.include('DELETED');
    const last = events.find(({ type }) => type === 'DELETED')?.object;
    expect(last?.metadata).to.include({
      uid: metadata.uid,
      resourceVersion: finished.metadata.resourceVersion,
    });
  });
});
