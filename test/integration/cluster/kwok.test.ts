import { expect } from 'chai';
import { type Cluster, startCluster } from '../../cluster/kwok.ts';
import { eventually } from '../../support/eventually.ts';

/** Building the binaries takes minutes the first time. */
const startTimeoutMs = 30 * 60_000;

describe('the cluster without machines', () => {
  let cluster: Cluster | undefined;

  before('start it', async function () {
    this.timeout(startTimeoutMs);
    cluster = await startCluster({ nodes: 2 });
  });

  after('stop it', () => cluster?.stop());

  it('gives a Deployment Pods that run, and takes them away with it', async () => {
    await kubectl('create', 'deployment', 'web', '--image=none', '--replicas=3');
    await eventually(
      'three Pods to run',
      async () => (await phases('app=web')) === 'Running Running Running',
    );

    await kubectl('delete', 'deployment', 'web');

    await eventually('its Pods to be gone', async () => (await phases('app=web')) === '');
  });

  it('gives a DaemonSet a Pod on every Node', async () => {
    await apply('DaemonSet', 'agent', {});

    await eventually(
      'a Pod on each Node',
      async () => (await podFields('app=agent', '.spec.nodeName')) === 'node-0 node-1',
    );
  });

  it('gives the Pods of a StatefulSet their numbers', async () => {
    await apply('StatefulSet', 'db', { serviceName: 'db', replicas: 2 });

    await eventually(
      'both Pods to run',
      async () =>
        (await podFields('app=db', '.metadata.name')) === 'db-0 db-1' &&
        (await phases('app=db')) === 'Running Running',
    );
  });

  it('lets a Job end', async () => {
    await kubectl('create', 'job', 'once', '--image=none');

    await kubectl('wait', '--for=condition=Complete', 'job/once', '--timeout=2m');

    expect(await phases('job-name=once')).to.equal('Succeeded');
  });

  async function kubectl(...args: string[]): Promise<string> {
    if (cluster === undefined) throw new Error('the cluster did not start');
    return (await cluster.kubectl(args)).stdout;
  }

  async function podFields(labels: string, field: string): Promise<string> {
    const text = await kubectl('get', 'pods', '-l', labels, '-o', `jsonpath={.items[*]${field}}`);
    return text.split(' ').toSorted().join(' ');
  }

  function phases(labels: string): Promise<string> {
    return podFields(labels, '.status.phase');
  }

  async function apply(kind: string, app: string, more: object): Promise<void> {
    const labels = { app };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } };
    const spec = { selector: { matchLabels: labels }, template, ...more };
    await cluster?.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'apps/v1', kind, metadata: { name: app }, spec }),
    });
  }
});
