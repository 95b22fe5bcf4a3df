import { expect } from 'chai';
import { cacheKey, parseGoMod, pinnedVersions } from '../../cluster/versions.ts';

describe('the versions of the control plane', () => {
  it('are those that go.mod pins', async () => {
    const { kubernetes, etcd, kwok, go } = await pinnedVersions();

    expect(kubernetes).to.match(/^v1\.\d+\.\d+$/);
    expect(etcd).to.match(/^v3\.\d+\.\d+$/);
    expect(kwok).to.match(/^v0\.\d+\.\d+$/);
    expect(go).to.match(/^1\.\d+/);
  });

  it('are taken from the requirements, not from the replacements', () => {
    const goMod = [
      'go 1.26.0',
      'replace (',
      '\tk8s.io/api => k8s.io/api v0.36.3',
      ')',
      'require (',
      '\tk8s.io/kubernetes v1.36.3',
      '\tgo.etcd.io/etcd/server/v3 v3.6.14 // indirect',
      '\tsigs.k8s.io/kwok v0.8.0',
      ')',
    ];

    expect(parseGoMod(goMod.join('\n'))).to.deep.equal({
      kubernetes: 'v1.36.3',
      etcd: 'v3.6.14',
      kwok: 'v0.8.0',
      go: '1.26.0',
    });
  });

  it('name what is missing', () => {
    expect(() => parseGoMod('go 1.26.0\n')).to.throw('pins no version of k8s.io/kubernetes');
  });

  it('give each version and platform a folder of its own', () => {
    const versions = { kubernetes: 'v1.36.3', etcd: 'v3.6.14', kwok: 'v0.8.0', go: '1.26.0' };

    expect(cacheKey(versions, 'linux', 'x64')).to.equal(
      'kubernetes-v1.36.3-etcd-v3.6.14-kwok-v0.8.0-linux-x64',
    );
    expect(cacheKey({ ...versions, etcd: 'v3.6.15' }, 'linux', 'x64')).not.to.equal(
      cacheKey(versions, 'linux', 'x64'),
    );
  });
});
