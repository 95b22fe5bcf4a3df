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
    const owners = ownersOf({ d: makeOwner('example.com/v1', 'Fleet', 'f') });
    const { metadata } = makePod({ ownerReferences: [makeOwner('example.com/v1', 'Deployment', 'd')] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({
      type: 'Fleet',
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

  it('gives up a circle of owners after five hops', async () => {
    const a = makeOwner('example.com/v1', 'A', 'a');
    const b = makeOwner('example.com/v1', 'B', 'b');
    const owners = ownersOf({ a: b, b: a });
    const { metadata } = makePod({ ownerReferences: [a] });
    expect(await resolveStandard(metadata, owners)).to.deep.equal({ type: 'A', name: 'a', isFinal: true });
    expect(owners.asked).to.have.length(4);
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
