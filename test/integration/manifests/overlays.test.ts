import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config/config.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { configDirectory, type Manifest, manifest, render } from '../../support/manifests.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';

const { name, namespace: home } = operatorAccount;

describe('the overlays of config/', () => {
  const fixture = useControlPlane();
  let directory = '';

  const kubectl = (args: readonly string[], input?: string) =>
    fixture.plane.kubectl(args, input === undefined ? {} : { input });
  const dryRun = (args: readonly string[], input?: string) =>
    kubectl(['apply', '--server-side', '--force-conflicts', '--dry-run=server', ...args], input);
  const isOperator = (labels: Readonly<Record<string, string>>, manifests: readonly Manifest[]) => {
    const { template } = Object(manifest(manifests, 'Deployment', name)).spec;
    expect(template.metadata.labels).to.include(labels);
  };

  before('make a kustomization with the component, as an administrator would', async () => {
    await kubectl(['apply', '-k', baseDirectory]);
    directory = await mkdtemp(join(tmpdir(), 'overlay-'));
    const path = (folder: string) => relative(directory, configDirectory(folder));
    await writeFile(
      join(directory, 'kustomization.yaml'),
      `resources: [${path('high-availability')}]\ncomponents: [${path('network-policy')}]\n`,
    );
  });
  after(() => rm(directory, { recursive: true, force: true }));

  for (const folder of ['default', 'high-availability', 'deepflow', 'daemonset']) {
    it(`config/${folder} is taken by the API server, every object of it`, async () => {
      const manifests = await render(fixture.plane, folder);
      const { stdout } = await dryRun(['-k', configDirectory(folder)]);
      expect(stdout.trim().split('\n')).to.have.length(manifests.length);
    });
  }

  it('config/high-availability runs two replicas, apart from each other, one of which a drain leaves', async () => {
    const manifests = await render(fixture.plane, 'high-availability');
    const { replicas, strategy, template } = Object(manifest(manifests, 'Deployment', name)).spec;
    expect(replicas).to.equal(2);
    expect(strategy.rollingUpdate).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
    const { affinity, topologySpreadConstraints } = template.spec;
    const [{ podAffinityTerm }] = affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
    expect(podAffinityTerm.topologyKey).to.equal('kubernetes.io/hostname');
    const budget = Object(manifest(manifests, 'PodDisruptionBudget', name)).spec;
    expect(budget.maxUnavailable).to.equal(1);
    for (const { matchLabels } of [
      budget.selector,
      podAffinityTerm.labelSelector,
      topologySpreadConstraints[0].labelSelector,
    ]) {
      isOperator(matchLabels, manifests);
    }
    const config = await loadConfig(configDirectory('base/operator-config.yaml'));
    expect(config.leaderElection.enabled, 'two replicas need the election').to.equal(true);
  });

  it("config/deepflow is config/default with DeepFlow's types and labels, and rolls the Deployment when they change", async () => {
    const allowedTypes = [
      'Deployment',
      'StatefulSet',
      'DaemonSet',
      'CloneSet',
      'ReplicaSet',
      'ReplicationController',
    ];
    const [base, deepflow] = await Promise.all(
      ['base', 'deepflow'].map((folder) => loadConfig(configDirectory(`${folder}/operator-config.yaml`))),
    );
    const counted = { group: undefined, disabled: false, follow: undefined };
    expect(deepflow).to.deep.equal({
      ...base,
      resources: [
        { ...counted, name: 'inplacesets', type: 'Deployment' },
        { ...counted, name: 'statefulsetpluses', type: 'StatefulSet' },
        { ...counted, name: 'opengaussclusters', type: 'StatefulSet' },
      ],
      allowedTypes,
      mirror: { labels: true, openTelemetry: false },
    });
    const manifests = await render(fixture.plane, 'deepflow');
    const { volumes } = Object(manifest(manifests, 'Deployment', name)).spec.template.spec;
    const { data } = Object(manifest(manifests, 'ConfigMap', volumes[0].configMap.name));
    expect(data['config.yaml']).to.contain('allowedTypes: [Deployment,');
  });

  it('config/network-policy lets metrics and webhook in, the API server and DNS out, and nothing else', async () => {
    const manifests = await render(fixture.plane, directory);
    const { spec } = Object(manifest(manifests, 'NetworkPolicy', name));
    isOperator(spec.podSelector.matchLabels, manifests);
    expect(spec.policyTypes).to.deep.equal(['Ingress', 'Egress']);
    const [container] = Object(manifest(manifests, 'Deployment', name)).spec.template.spec.containers;
    const named = container.ports.map((port: { name: string }) => port.name);
    const ports = (rules: readonly { ports: readonly { port: string | number }[] }[]) =>
      rules.flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(ports(spec.ingress)).to.have.members([...named, 'https-metrics']);
    expect(ports(spec.egress)).to.deep.equal([443, 6443, 53, 53]);
    const { stdout } = await dryRun(['-k', directory]);
    expect(stdout).to.match(/^networkpolicy.*lua-plugin-operator serverside-applied/m);
    expect(stdout.trim().split('\n')).to.have.length(manifests.length);
  });

  for (const [folder, kind] of [
    ['default', 'Deployment'],
    ['high-availability', 'Deployment'],
    ['daemonset', 'DaemonSet'],
    ['cert-manager', 'Deployment'],
  ] as const) {
    it(`a Pod of config/${folder} passes the restricted Pod security profile`, async () => {
      const manifests = await render(fixture.plane, folder);
      expect(manifest(manifests, 'Namespace', home).metadata.labels).to.include({
        'pod-security.kubernetes.io/enforce': 'restricted',
      });
      const { metadata, spec } = Object(manifest(manifests, kind, name)).spec.template;
      const pod = (changed: object) =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { ...metadata, namespace: home, name: 'trial' },
          spec: { ...spec, ...changed },
        });
      const { stderr } = await dryRun(['-f', '-'], pod({}));
      expect(stderr, 'no warning').to.equal('');
      const refused = await fixture.plane.kubectl(['create', '--dry-run=server', '-f', '-'], {
        input: pod({ hostNetwork: true }),
        allowFailure: true,
      });
      expect(refused.stderr, 'the profile is enforced').to.contain('violates PodSecurity "restricted:');
    });
  }
});
