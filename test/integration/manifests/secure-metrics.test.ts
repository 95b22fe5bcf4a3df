import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { configDirectory, type Manifest, manifest, render } from '../../support/manifests.ts';
import { operatorAccount } from '../../support/operator.ts';

const { name } = operatorAccount;
const reader = `${name}-metrics-reader`;

describe('config/secure-metrics, listed as a component', () => {
  const fixture = useControlPlane();
  const directories: string[] = [];
  after(() => Promise.all(directories.map((one) => rm(one, { recursive: true, force: true }))));

  /** A kustomization as an administrator would write it, with some files of config/ copied beside it. */
  async function kustomization(folders: readonly string[], files: readonly string[] = []): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'secure-'));
    directories.push(directory);
    const path = (folder: string) => relative(directory, configDirectory(folder));
    const copies = files.map((file) => basename(file));
    for (const file of files) await copyFile(configDirectory(file), join(directory, basename(file)));
    const lists = { resources: [...folders.map(path), ...copies], components: [path('secure-metrics')] };
    await writeFile(join(directory, 'kustomization.yaml'), JSON.stringify(lists));
    return directory;
  }
  const container = (manifests: readonly Manifest[], kind: string) =>
    Object(manifest(manifests, kind, name)).spec.template.spec.containers[0];

  for (const [folder, kind] of [
    ['default', 'Deployment'],
    ['high-availability', 'Deployment'],
    ['daemonset', 'DaemonSet'],
  ] as const) {
    it(`switches it on in config/${folder}, and changes nothing else there`, async () => {
      const directory = await kustomization([folder]);
      const plain = await render(fixture.plane, folder);
      const secure = await render(fixture.plane, directory);
      const before = container(plain, kind);
      const { args, ports } = container(secure, kind);
      expect(args).to.deep.equal([...before.args, '--secure-metrics']);
      expect(ports).to.deep.equal([...before.ports, { name: 'https-metrics', containerPort: 8443 }]);
      const { ports: served } = Object(manifest(secure, 'Service', `${name}-metrics`)).spec;
      expect(served).to.deep.equal([{ name: 'metrics', port: 8443, targetPort: 'https-metrics' }]);
      const changed = plain.filter(
        (one) => !secure.some((other) => JSON.stringify(one) === JSON.stringify(other)),
      );
      expect(changed.map((one) => one.kind)).to.have.members([kind, 'Service']);
    });
  }

  it('is taken by the API server, every object of it, also where config/base was applied before', async () => {
    const directory = await kustomization(['default']);
    const manifests = await render(fixture.plane, directory);
    await fixture.plane.kubectl(['apply', '-k', configDirectory('base')]);
    const { stdout } = await fixture.plane.kubectl(['apply', '--dry-run=server', '-k', directory]);
    expect(stdout.trim().split('\n')).to.have.length(manifests.length);
  });

  it('grants the operator two questions, and the reader the metrics alone', async () => {
    const directory = await kustomization(['default']);
    const manifests = await render(fixture.plane, directory);
    const rules = (role: string) => manifest(manifests, 'ClusterRole', role).rules;
    expect(rules(`${name}-metrics-auth`)).to.deep.equal([
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]);
    expect(rules(reader)).to.deep.equal([{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]);
    const plain = JSON.stringify(await render(fixture.plane, 'default'));
    expect(plain, 'not without the component').not.to.match(/tokenreviews|subjectaccessreviews/);
  });

  it('has both monitors ask over TLS, with the token in the Secret of the reader', async () => {
    const directory = await kustomization(['default', 'monitoring'], ['monitoring/pod-monitor.yaml']);
    const manifests = await render(fixture.plane, directory);
    const secure = {
      scheme: 'https',
      authorization: { type: 'Bearer', credentials: { name: reader, key: 'token' } },
      tlsConfig: { insecureSkipVerify: true },
    };
    const { endpoints } = Object(manifest(manifests, 'ServiceMonitor', name)).spec;
    expect(endpoints).to.have.length(1);
    expect(endpoints[0]).to.deep.include({ ...secure, port: 'metrics', path: '/metrics' });
    const { podMetricsEndpoints } = Object(manifest(manifests, 'PodMonitor', name)).spec;
    expect(podMetricsEndpoints).to.have.length(1);
    expect(podMetricsEndpoints[0]).to.deep.include({ ...secure, port: 'https-metrics', path: '/metrics' });
    const secret = manifest(manifests, 'Secret', reader);
    expect(secret.type).to.equal('kubernetes.io/service-account-token');
    const { annotations } = Object(secret.metadata);
    expect(annotations).to.deep.equal({ 'kubernetes.io/service-account.name': reader });
    manifest(manifests, 'ServiceAccount', reader);
  });
});
