import { expect } from 'chai';
import type { ApiClient } from '../../cluster/api-client.ts';
import {
  createAdvancedStatefulSet,
  createCloneSet,
  createCronJob,
  createDaemonSet,
  createDeployment,
  createOpenGaussCluster,
  createPod,
  createRollout,
  type KubeObject,
  type Workload,
  type WorkloadInput,
} from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';

type OwnedObject = KubeObject & {
  readonly metadata: {
    readonly ownerReferences?: readonly { kind: string; name: string; uid: string; controller?: boolean }[];
  };
};

describe('workloads on the test API server', () => {
  const fixture = useControlPlane();

  const builders: readonly [string, (api: ApiClient, input: WorkloadInput) => Promise<Workload>, string][] = [
    ['an OpenGaussCluster', createOpenGaussCluster, 'opengauss.sig/v1'],
    ['a CloneSet', createCloneSet, 'apps.kruise.io/v1alpha1'],
    ['an Advanced StatefulSet', createAdvancedStatefulSet, 'apps.kruise.io/v1beta1'],
    ['a DaemonSet', createDaemonSet, 'apps/v1'],
  ];
  for (const [title, createWorkload, apiVersion] of builders) {
    it(`${title} owns its Pods by its UID`, async () => {
      const { plane, namespace } = fixture;
      const { workload, pods } = await createWorkload(plane.api, { namespace, name: 'direct', pods: 3 });

      expect(workload.apiVersion).to.equal(apiVersion);
      expect(pods).to.have.length(3);
      for (const pod of pods) expect(controllerOf(pod)).to.deep.equal(identity(workload));
    });
  }

  const chains: readonly [string, (api: ApiClient, input: WorkloadInput) => Promise<Workload>, string][] = [
    ['a Deployment', createDeployment, '/apis/apps/v1/namespaces/NAMESPACE/replicasets/NAME'],
    ['a Rollout', createRollout, '/apis/apps/v1/namespaces/NAMESPACE/replicasets/NAME'],
    ['a CronJob', createCronJob, '/apis/batch/v1/namespaces/NAMESPACE/jobs/NAME'],
  ];
  for (const [title, createWorkload, path] of chains) {
    it(`${title} owns its Pods through one object between them`, async () => {
      const { plane, namespace } = fixture;
      const name = `chain-${title.slice(2).toLowerCase()}`;
      const { workload, pods } = await createWorkload(plane.api, { namespace, name });

      const link = controllerOf(pods[0]);
      const between = await plane.api.request<KubeObject>(
        'GET',
        path.replace('NAMESPACE', namespace).replace('NAME', link?.name ?? ''),
      );
      expect(identity(between)).to.deep.equal(link);
      expect(controllerOf(between)).to.deep.equal(identity(workload));
    });
  }

  it('a bare Pod has no owner', async () => {
    const pod = await createPod(fixture.plane.api, { namespace: fixture.namespace, name: 'bare' });

    expect(controllerOf(pod)).to.equal(undefined);
  });
});

function identity({ kind, metadata }: KubeObject) {
  return { kind, name: metadata.name, uid: metadata.uid };
}

function controllerOf(object: OwnedObject | undefined) {
  const owner = object?.metadata.ownerReferences?.find(({ controller }) => controller);
  return owner && { kind: owner.kind, name: owner.name, uid: owner.uid };
}
