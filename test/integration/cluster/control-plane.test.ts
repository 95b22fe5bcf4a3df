import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';

describe('the test API server', () => {
  const fixture = useControlPlane();

  it('knows LuaPlugin and the stand-ins by their short and long names', async () => {
    for (const resource of [
      'lp',
      'opengaussclusters',
      'clonesets',
      'statefulsets.apps.kruise.io',
      'rollouts',
    ]) {
      const { code } = await fixture.plane.kubectl(['get', resource, '-n', fixture.namespace]);

      expect(code, resource).to.equal(0);
    }
  });

  it('lets a service account do nothing that no role grants', async () => {
    const { plane, namespace } = fixture;
    await plane.kubectl(['create', 'serviceaccount', 'nobody', '-n', namespace]);
    const kubeconfig = await plane.serviceAccountKubeconfig({ namespace, name: 'nobody' });

    const whoAmI = await plane.kubectl(['auth', 'whoami', '-o', 'name'], { kubeconfig, allowFailure: true });
    const pods = await plane.kubectl(['get', 'pods', '-n', namespace], { kubeconfig, allowFailure: true });

    expect(whoAmI.stderr).to.equal('');
    expect(pods.code).to.equal(1);
    expect(pods.stderr).to.include(`system:serviceaccount:${namespace}:nobody`);
  });

  it('reports a failed kubectl with its own words', async () => {
    const failure = await fixture.plane.kubectl(['get', 'nonsense']).then(
      () => undefined,
      (error: Error) => error,
    );

    expect(failure?.message).to.match(/^kubectl get nonsense ended with 1: .*nonsense/);
  });
});
