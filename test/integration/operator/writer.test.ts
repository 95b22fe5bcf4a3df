import { expect } from 'chai';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { AnnotationKeys, annotationsFor } from '../../../operator/pods/annotations/annotations.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';

describe('a write to a Pod on a real API server', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const results: string[] = [];
  let client: PooledKubeClient;
  let writer: PodWriter;

  before(() => {
    client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: fixture.plane.kubeconfigPath }),
      version: 'test',
    });
    const keys = new AnnotationKeys('luaplugin.dev');
    writer = new PodWriter({
      client,
      keys,
      limiter: { take: () => Promise.resolve() },
      onWrite: (result) => results.push(result),
    });
  });
  beforeEach(() => {
    results.length = 0;
  });
  after(() => client.close());

  const annotations = annotationsFor({ type: 'Job', name: 'j' }, 'LuaPlugin/p');

  it('gives the metadata as it is afterwards', async () => {
    const { metadata } = await createPod(fixture.plane.api, { namespace, name: 'there' });
    const written = await writer.write({ namespace, name: 'there', uid: metadata.uid }, annotations);
    expect(written)
      .to.have.property('metadata')
      .with.property('annotations')
      .that.includes({ 'luaplugin.dev/workload-type': 'Job' });
    expect(written).not.to.have.property('spec');
    expect(results).to.deep.equal(['success']);
  });

  it('finds that a Pod is gone', async () => {
    const written = await writer.write({ namespace, name: 'nobody', uid: 'u' }, annotations);
    expect(written).to.equal(undefined);
    expect(results).to.deep.equal(['gone']);
  });

  it('leaves another Pod of that name alone', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'anew' });
    const pod = { namespace, name: 'anew', uid: '00000000-0000-4000-8000-000000000000' };
    expect(await writer.write(pod, annotations)).to.equal(undefined);
    expect(results).to.deep.equal(['gone']);
    const path = `/api/v1/namespaces/${namespace}/pods/anew`;
    const { metadata } = await fixture.plane.api.request<{ metadata: object }>('GET', path);
    expect(metadata).not.to.have.property('annotations');
  });
});
