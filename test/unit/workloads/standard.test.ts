import { expect } from 'chai';
import type { OwnerReference } from '../../../operator/kube/client/types.ts';
import { resolveStandard } from '../../../operator/workloads/standard.ts';
import { makeOwner, makePod } from '../support/builders.ts';

/** Owners by the name of the object they control. */
function ownersOf(controllers: Record<string, OwnerReference>) {
  const asked: string[] = [];
  return {
    asked,
    controllerOf: (owner: OwnerReference) => {
      asked.push(owner.name);
      return Promise.resolve({ controller: controllers[owner.name], isFinal: true });
    },
  };
}

const none = ownersOf({});

describe('standard resolution', () => {
  it('gives a bare Pod its own name and the type Pod', async () => {
    const { metadata } = makePod({ name: 'lonely' });
    expect(await resolveStandard(metadata, none)).to.deep.equal({
      type: 'Pod',
      name: 'lonely',
      isFinal: true,
    });
  });

  it('follows a ReplicaSet to its Deployment', async () => {
    const owners = ownersOf({ 'web-7d4b9': makeOwner('apps/v1', 'Deployment', 'web') });
    const { metadata } = makePod({ ownerReferences: [makeOwner('apps/v1', 'ReplicaSet', 'web-7d4b9')] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'Deployment',
      name: 'web',
      isFinal: true,
    });
  });

  it('follows a ReplicaSet to its Argo Rollout', async () => {
    const owners = ownersOf({ 'web-7d4b9': makeOwner('argoproj.io/v1alpha1', 'Rollout', 'web') });
    const { metadata } = makePod({ ownerReferences: [makeOwner('apps/v1', 'ReplicaSet', 'web-7d4b9')] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'Rollout',
      name: 'web',
      isFinal: true,
    });
  });

  it('follows a Job to its CronJob', async () => {
    const owners = ownersOf({ 'nightly-28': makeOwner('batch/v1', 'CronJob', 'nightly') });
    const { metadata } = makePod({ ownerReferences: [makeOwner('batch/v1', 'Job', 'nightly-28')] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'CronJob',
      name: 'nightly',
      isFinal: true,
    });
  });

  it('calls a Job without a CronJob, or one that can not be read, a Job', async () => {
    const { metadata } = makePod({ ownerReferences: [makeOwner('batch/v1', 'Job', 'once')] });
    expect(await resolveStandard(metadata, none)).to.deep.equal({ type: 'Job', name: 'once', isFinal: true });
  });

  it('asks nobody about the owner of a kind that is a workload itself', async () => {
    const owners = ownersOf({});
    const { metadata } = makePod({
      ownerReferences: [makeOwner('apps.kruise.io/v1alpha1', 'CloneSet', 'c')],
    });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'CloneSet',
      name: 'c',
      isFinal: true,
    });
    expect(owners.asked).to.deep.equal([]);
  });

  it('gives an unknown top owner its own kind', async () => {
    const owners = ownersOf({ part: makeOwner('example.com/v1', 'Whole', 'whole') });
    const { metadata } = makePod({ ownerReferences: [makeOwner('example.com/v1', 'Part', 'part')] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'Whole',
      name: 'whole',
      isFinal: true,
    });
  });

  it('does not take a kind for a known one because of its name alone', async () => {
    const owners = ownersOf({ d: makeOwner('example.com/v1', 'Whole', 'f') });
    const { metadata } = makePod({ ownerReferences: [makeOwner('example.com/v1', 'Deployment', 'd')] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'Whole',
      name: 'f',
      isFinal: true,
    });
  });

  it('follows the controller, not the first owner', async () => {
    const first = { ...makeOwner('v1', 'ConfigMap', 'c'), controller: false };
    const { metadata } = makePod({ ownerReferences: [first, makeOwner('apps/v1', 'DaemonSet', 'agent')] });
    expect(await resolveStandard(metadata, none)).to.deep.equal({
      type: 'DaemonSet',
      name: 'agent',
      isFinal: true,
    });
  });

  it('follows the first owner where none is the controller', async () => {
    const { controller, ...first } = makeOwner('apps/v1', 'StatefulSet', 'db');
    expect(controller).to.equal(true);
    const { metadata } = makePod({ ownerReferences: [first] });
    expect(await resolveStandard(metadata, none)).to.deep.equal({
      type: 'StatefulSet',
      name: 'db',
      isFinal: true,
    });
  });

  it('gives up a circle of owners after eight hops', async () => {
    const a = makeOwner('example.com/v1', 'A', 'a');
    const b = makeOwner('example.com/v1', 'B', 'b');
    const owners = ownersOf({ a: b, b: a });
    const { metadata } = makePod({ ownerReferences: [a] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({ type: 'B', name: 'b', isFinal: true });
    expect(owners.asked).to.have.length(7);
  });

  /** The workload of a Pod under these owners, each the owner of the one before. */
  async function top(...chain: OwnerReference[]): Promise<string> {
    const owners = {
      controllerOf: ({ name }: OwnerReference) => {
        const at = chain.findIndex((one) => one.name === name);
        return Promise.resolve({ controller: chain[at + 1], isFinal: true });
      },
    };
    const [first] = chain;
    const { metadata } = makePod({ name: 'p-0', ownerReferences: first === undefined ? [] : [first] });
    const { type, name, isFinal } = await resolveStandard(metadata, owners);
    expect(isFinal).to.equal(true);
    return `${type} ${name}`;
  }

  function loosely(apiVersion: string, kind: string, name: string): OwnerReference {
    return { ...makeOwner(apiVersion, kind, name), controller: false };
  }

  const job = makeOwner('batch/v1', 'Job', 'migrate');

  it('takes no kind of the core group for a workload that owns a Pod or a Job to have it go along', async () => {
    expect(await top(loosely('v1', 'ConfigMap', 'revision-status-12'))).to.equal('Pod p-0');
    expect(await top(makeOwner('v1', 'Service', 'vcluster'))).to.equal('Pod p-0');
    expect(await top(job, loosely('v1', 'Secret', 'db-credentials'))).to.equal('Job migrate');
    const source = makeOwner('operators.coreos.com/v1alpha1', 'CatalogSource', 'community');
    expect(await top(job, makeOwner('v1', 'ConfigMap', 'f3a9'), source)).to.equal('Job migrate');
  });

  it('walks through PersistentVolumeClaims to what they were made for, and takes none for a workload', async () => {
    const prime = makeOwner('v1', 'PersistentVolumeClaim', 'prime-1');
    const disk = makeOwner('v1', 'PersistentVolumeClaim', 'disk');
    const volume = makeOwner('cdi.kubevirt.io/v1beta1', 'DataVolume', 'disk-1');
    expect(await top(prime, disk, volume)).to.equal('DataVolume disk-1');
    expect(await top(prime, disk)).to.equal('Pod p-0');
  });

  it('follows a reference without controller above the Pod only to kinds that are known to own so', async () => {
    const podSet = makeOwner('core.strimzi.io/v1', 'StrimziPodSet', 'brokers-set');
    const pool = loosely('kafka.strimzi.io/v1', 'KafkaNodePool', 'brokers');
    expect(await top(podSet, pool)).to.equal('KafkaNodePool brokers');
    const widget = makeOwner('example.com/v1', 'Widget', 'w');
    expect(await top(widget, loosely('example.com/v1', 'Node', 'n'))).to.equal('Widget w');
    expect(await top(job, loosely('apps/v1', 'Deployment', 'web'))).to.equal('Job migrate');
    expect(await top(loosely('example.com/v1', 'Widget', 'w'))).to.equal('Widget w');
  });

  it("follows a Dagster step's Job to the Pod of its run, which it names without controller, and on", async () => {
    const step = makeOwner('batch/v1', 'Job', 'dagster-step-1f0e');
    const runPod = loosely('v1', 'Pod', 'dagster-run-2f6c-x7k2q');
    expect(await top(step, runPod, makeOwner('batch/v1', 'Job', 'dagster-run-2f6c'))).to.equal(
      'Job dagster-run-2f6c',
    );
  });

  it('ends at a Certificate, whatever asked for it', async () => {
    expect(
      await top(
        makeOwner('acme.cert-manager.io/v1', 'Challenge', 'web-1-23-45'),
        makeOwner('acme.cert-manager.io/v1', 'Order', 'web-1-23'),
        makeOwner('cert-manager.io/v1', 'CertificateRequest', 'web-1'),
        makeOwner('cert-manager.io/v1', 'Certificate', 'web-tls'),
        makeOwner('networking.k8s.io/v1', 'Ingress', 'web'),
      ),
    ).to.equal('Certificate web-tls');
  });

  it('picks, where nothing has a controller, what is likeliest to be the owner', async () => {
    const { metadata } = makePod({
      ownerReferences: [
        loosely('v1', 'Secret', 's'),
        loosely('example.com/v1', 'Widget', 'w'),
        loosely('kafka.strimzi.io/v1', 'KafkaConnect', 'sinks'),
      ],
    });
    expect(await resolveStandard(metadata, none)).to.include({ type: 'KafkaConnect', name: 'sinks' });
  });

  it('goes on above an unknown kind within its project, and to kinds that it knows', async () => {
    const sandbox = makeOwner('a.tools.x-k8s.io/v1', 'Box', 'b');
    const pool = makeOwner('tools.x-k8s.io/v1', 'BoxPool', 'pool');
    expect(await top(sandbox, pool)).to.equal('BoxPool pool');
    expect(await top(sandbox, makeOwner('argoproj.io/v1alpha1', 'CronWorkflow', 'c'))).to.equal(
      'CronWorkflow c',
    );
  });

  it("stops below another project's kind that it does not know either", async () => {
    const widget = makeOwner('example.com/v1', 'Widget', 'w');
    expect(await top(widget, makeOwner('networking.k8s.io/v1', 'Ingress', 'web'))).to.equal('Widget w');
    const box = makeOwner('tools.x-k8s.io/v1', 'Box', 'b');
    expect(await top(box, makeOwner('other.x-k8s.io/v1', 'Thing', 't'))).to.equal('Box b');
  });

  it('takes the node off the name of a mirror Pod', async () => {
    const { metadata } = makePod({
      name: 'kube-proxy-node-1',
      annotations: { 'kubernetes.io/config.mirror': 'abc' },
      ownerReferences: [makeOwner('v1', 'Node', 'node-1')],
    });
    expect(await resolveStandard(metadata, none)).to.deep.equal({
      type: 'StaticPod',
      name: 'kube-proxy',
      isFinal: true,
    });
  });

  it('says so when more could be known later', async () => {
    const noneYet = { controllerOf: () => Promise.resolve({ controller: undefined, isFinal: false }) };
    const { metadata } = makePod({ ownerReferences: [makeOwner('example.com/v1', 'Part', 'part')] });
    expect(await resolveStandard(metadata, noneYet)).to.deep.equal({
      type: 'Part',
      name: 'part',
      isFinal: false,
    });
  });

  it('passes a fault on, so that the Pod is tried again', async () => {
    const broken = { controllerOf: () => Promise.reject(new Error('no connection')) };
    const { metadata } = makePod({ ownerReferences: [makeOwner('apps/v1', 'ReplicaSet', 'r')] });
    const outcome = await resolveStandard(metadata, broken).catch((error: Error) => error.message);
    expect(outcome).to.equal('no connection');
  });
});
