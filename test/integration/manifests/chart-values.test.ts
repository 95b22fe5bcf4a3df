import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { useControlPlane } from '../../support/control-plane.ts';
import { goBuildTimeoutMs } from '../../support/go-program.ts';
import { buildHelm, chartDirectory, createHelm, type Helm } from '../../support/helm.ts';
import { type Manifest, manifest } from '../../support/manifests.ts';
import { optionsOfFile } from './chart-objects.ts';

/** Values that go wrong, and the line that says so. */
const wrong: readonly { readonly values: object; readonly says: string }[] = [
  { values: { replica: 2 }, says: "- at '': additional properties 'replica' not allowed" },
  { values: { image: { tags: 'x' } }, says: "- at '/image': additional properties 'tags' not allowed" },
  { values: { replicas: '2' }, says: "- at '/replicas': got string, want integer" },
  { values: { mode: 'DaemonSet' }, says: "- at '/mode': value must be one of 'deployment', 'daemonset'" },
  {
    values: { config: { leaderElection: { leaseTime: '1m' } } },
    says: "- at '/config/leaderElection': additional properties 'leaseTime' not allowed",
  },
  { values: { config: { concurrency: 0 } }, says: "- at '/config/concurrency': minimum: got 0, want 1" },
  {
    values: { config: { nodeName: 'node-1' } },
    says: "- at '/config': additional properties 'nodeName' not allowed",
  },
  {
    values: { ownerRules: [{ apiGroups: ['*'], resources: ['pods'] }] },
    says: "- at '/ownerRules/0/apiGroups/0': '*' does not match pattern '^[^*]*$'",
  },
  {
    values: { replicas: 2, config: { leaderElection: { enabled: false } } },
    says: 'config.leaderElection.enabled: must be true with several replicas',
  },
  {
    values: { mode: 'daemonset', config: { leaderElection: { enabled: false } } },
    says: 'config.leaderElection.enabled: must be true with mode: daemonset',
  },
  { values: { mode: 'daemonset', replicas: 3 }, says: 'replicas: mode: daemonset runs one instance' },
  {
    values: { certManager: { enabled: true }, config: { webhook: { enabled: false } } },
    says: "certManager.enabled: makes the webhook's certificate, and config.webhook.enabled is false",
  },
  { values: { serviceAccount: { create: false } }, says: 'serviceAccount.name: must be given' },
  {
    values: { monitoring: { serviceMonitor: { enabled: true }, podMonitor: { enabled: true } } },
    says: 'monitoring.podMonitor.enabled: with monitoring.serviceMonitor everything would be counted twice',
  },
  {
    values: { config: { leaderElection: { leaseDuration: '10000ms' } } },
    says: 'config.leaderElection.leaseDuration: must be longer than renewDeadline, and is 10000ms, with 10s',
  },
  {
    values: { config: { leaderElection: { leaseDuration: '2m', renewDeadline: '1m', retryPeriod: '60s' } } },
    says: 'config.leaderElection.renewDeadline: must be longer than retryPeriod, and is 1m, with 60s',
  },
  {
    values: { config: { http: { address: ':9443' } } },
    says: 'config.webhook.address: must have another port than config.http.address, and both have 9443',
  },
  {
    values: { config: { http: { secureMetrics: { enabled: true, address: '[::]:8080' } } } },
    says: 'config.http.secureMetrics.address: must have another port than config.http.address, and both have 8080',
  },
  {
    values: { config: { http: { address: ':65536' } } },
    says: "- at '/config/http/address': ':65536' does not match pattern",
  },
  {
    values: { config: { webhook: { address: ':0' } } },
    says: 'config.webhook.address: needs a port from 1 to 65535, and is :0',
  },
  ...['127.0.0.1:8080', 'localhost:8080', '[::1]:8080'].map((address) => ({
    values: { config: { http: { address } } },
    says: `config.http.address: ${address} can't be reached from outside the Pod`,
  })),
  {
    values: { secureMetrics: { certificateSecret: 'metrics-tls' } },
    says: 'secureMetrics.certificateSecret: is for metrics over TLS, and config.http.secureMetrics.enabled is false',
  },
  { values: { env: [{ value: 'x' }] }, says: "- at '/env/0': missing property 'name'" },
];

/** The paths of all values that are no objects. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}.${key}`));
}

/** The paths of all options that a schema has. */
function optionsIn({ properties }: { readonly properties?: object }, path: string): string[] {
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([key, one]) => optionsIn(one, `${path}.${key}`));
}

/** The operator's options in values.yaml, those that are commented out, too. */
async function explainedOptions(): Promise<object> {
  const text = await readFile(join(chartDirectory, 'values.yaml'), 'utf8');
  const [section = ''] = /^config:\n(?: .*\n)+/m.exec(text) ?? [];
  return parse(section.replaceAll(/^( +)# ([a-z]\w+:( \S+)?)$/gm, '$1$2'));
}

/** What Helm says around every such line. */
const always = /^(Error: values don't meet|lua-plugin-operator:$|Use --debug flag)/;

describe('the Helm chart, given values', () => {
  const fixture = useControlPlane();
  let helm: Helm;

  before('build Helm, the first time', async function () {
    this.timeout(goBuildTimeoutMs);
    helm = createHelm(await buildHelm(), fixture.plane);
  });

  for (const { values, says } of wrong) {
    it(`says one line about ${JSON.stringify(values)}: ${says}`, async () => {
      const { code, stderr } = await helm.run(['template', chartDirectory, '-f', '-'], {
        input: JSON.stringify(values),
        allowFailure: true,
      });
      const lines = stderr.split('\n').filter((line) => line !== '' && !always.test(line));
      expect(lines.join('\n')).to.contain(says);
      expect(lines, 'that is one line').to.have.length(1);
      expect(code).to.equal(1);
    });
  }

  it('wants Kubernetes 1.30 for the policy, and does without it on an older one', async () => {
    const args = ['template', chartDirectory, '--kube-version=1.29.5'];
    const { stderr } = await helm.run(args, { allowFailure: true });
    expect(stderr).to.contain(
      'policy.enabled: needs Kubernetes 1.30 or newer, and this is v1.29.5; set it to false',
    );
    const { stdout } = await helm.run([...args, '--set=policy.enabled=false']);
    expect(stdout).not.to.contain('ValidatingAdmissionPolicy');
  });

  it('puts each of them where it belongs', async () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const toleration = { key: 'dedicated', operator: 'Exists' };
    const manifests = await helm.render({
      commonLabels: { team: 'sre' },
      image: { repository: 'registry.example.com/lua-plugin-operator', digest, pullPolicy: 'Always' },
      imagePullSecrets: [{ name: 'registry' }],
      config: {
        annotationPrefix: 'example.com',
        standardWorkload: 'topmost',
        http: { address: ':9090' },
        webhook: { address: '[::]:9444' },
        mirror: { labels: true, openTelemetry: true },
      },
      serviceAccount: { name: 'known', annotations: { 'example.com/role': 'reader' } },
      knownOwners: false,
      ownerRules: [{ apiGroups: ['example.com'], resources: ['shards'] }],
      podAnnotations: { 'example.com/scrape': 'true' },
      podLabels: { tier: 'platform' },
      nodeSelector: { pool: 'system' },
      tolerations: [toleration],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'system-cluster-critical',
      networkPolicy: {
        enabled: true,
        metricsFrom: [{ namespaceSelector: { matchLabels: { team: 'sre' } } }],
        apiServerPorts: [8443],
      },
      monitoring: { labels: { release: 'prometheus' }, serviceMonitor: { enabled: true } },
    });
    const one = (kind: string, name: string): Manifest => manifest(manifests, kind, name);
    for (const { kind, metadata } of manifests) {
      expect(metadata.labels, `${kind} ${metadata.name}`).to.include({ team: 'sre' });
    }
    const { metadata, spec } = Object(one('Deployment', 'lua-plugin-operator')).spec.template;
    expect(metadata.labels).to.include({ team: 'sre', tier: 'platform' });
    expect(metadata.annotations).to.include({ 'example.com/scrape': 'true' });
    expect(spec).to.deep.include({
      serviceAccountName: 'known',
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { 'kubernetes.io/os': 'linux', pool: 'system' },
      tolerations: [toleration],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'system-cluster-critical',
    });
    const [container] = spec.containers;
    expect(container).to.include({
      image: `registry.example.com/lua-plugin-operator@${digest}`,
      imagePullPolicy: 'Always',
    });
    expect(container.ports).to.deep.equal([
      { name: 'http', containerPort: 9090 },
      { name: 'webhook', containerPort: 9444 },
    ]);
    expect(Object(one('ServiceAccount', 'known')).metadata.annotations).to.deep.equal({
      'example.com/role': 'reader',
    });
    const bindings = manifests.filter(({ kind }) => kind.endsWith('RoleBinding'));
    for (const { subjects } of bindings.map(Object)) {
      expect(subjects).to.deep.equal([
        { kind: 'ServiceAccount', name: 'known', namespace: 'luaplugin-system' },
      ]);
    }
    const { variables } = Object(one('ValidatingAdmissionPolicy', 'lua-plugin-operator-pods')).spec;
    expect(variables).to.deep.include({ name: 'prefix', expression: "'example.com'" });
    expect(variables).to.deep.include({ name: 'mirror', expression: "['labels', 'openTelemetry']" });
    expect(Object(one('ClusterRole', 'lua-plugin-operator-more-owners')).rules).to.deep.equal([
      { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['example.com'], resources: ['shards'], verbs: ['get', 'list', 'watch'] },
    ]);
    expect(() => one('ClusterRole', 'lua-plugin-operator-known-owners')).to.throw();
    const { ingress, egress } = Object(one('NetworkPolicy', 'lua-plugin-operator')).spec;
    expect(ingress[0].from).to.deep.equal([{ namespaceSelector: { matchLabels: { team: 'sre' } } }]);
    expect(egress[0].ports).to.deep.equal([{ protocol: 'TCP', port: 8443 }]);
    expect(one('ServiceMonitor', 'lua-plugin-operator').metadata.labels).to.include({
      release: 'prometheus',
    });
  });

  it('shows every option of the operator in values.yaml, with values that are right', async () => {
    const options = await explainedOptions();
    const schema = JSON.parse(await readFile(join(chartDirectory, 'values.schema.json'), 'utf8'));
    const known = optionsIn(schema.properties.config, 'config').filter(
      (path) => !['config.apiVersion', 'config.kind'].includes(path),
    );
    expect(Object.entries(options).flatMap(([key, one]) => leaves(one, key))).to.have.members(known);
    const optionsOf = async (values: object) => {
      const { data } = Object(manifest(await helm.render(values), 'ConfigMap', 'lua-plugin-operator-config'));
      return await optionsOfFile(data['config.yaml']);
    };
    const { tracing, ...config } = await optionsOf(options);
    const { tracing: off, ...defaults } = await optionsOf({});
    expect(config, 'with their defaults').to.deep.equal(defaults);
    expect(tracing).to.deep.equal({ ...off, endpoint: 'http://localhost:4318' });
  });

  it('hands environment, volumes and a certificate for the metrics to the operator', async () => {
    const header = {
      name: 'OTEL_EXPORTER_OTLP_HEADERS',
      valueFrom: { secretKeyRef: { name: 'collector', key: 'headers' } },
    };
    const egress = { ports: [{ protocol: 'TCP', port: 4318 }] };
    const tlsConfig = {
      ca: { secret: { name: 'metrics-tls', key: 'ca.crt' } },
      serverName: 'metrics.example.com',
    };
    const values = {
      config: { http: { secureMetrics: { enabled: true } } },
      secureMetrics: { certificateSecret: 'metrics-tls', tlsConfig },
      env: [header],
      extraVolumes: [{ name: 'ca', configMap: { name: 'collector-ca' } }],
      extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/collector', readOnly: true }],
      networkPolicy: { enabled: true, extraEgress: [egress] },
      monitoring: { podMonitor: { enabled: true } },
    };
    const manifests = await helm.render(values);
    const { spec } = Object(manifest(manifests, 'Deployment', 'lua-plugin-operator')).spec.template;
    const [{ env, volumeMounts }] = spec.containers;
    expect(env).to.deep.equal([header]);
    expect(spec.volumes).to.deep.include.members([
      { name: 'metrics-certificate', secret: { secretName: 'metrics-tls' } },
      ...values.extraVolumes,
    ]);
    const mountPath = '/etc/lua-plugin-operator-metrics';
    expect(volumeMounts).to.deep.include.members([
      { name: 'metrics-certificate', mountPath, readOnly: true },
      ...values.extraVolumeMounts,
    ]);
    const { data } = Object(manifest(manifests, 'ConfigMap', 'lua-plugin-operator-config'));
    expect(parse(data['config.yaml']).http.secureMetrics.certDirectory).to.equal(mountPath);
    const policy = Object(manifest(manifests, 'NetworkPolicy', 'lua-plugin-operator')).spec;
    expect(policy.egress.at(-1)).to.deep.equal(egress);
    expect(policy.egress).to.have.length(3);
    const [endpoint] = Object(manifest(manifests, 'PodMonitor', 'lua-plugin-operator')).spec
      .podMetricsEndpoints;
    expect(endpoint.tlsConfig).to.deep.equal(tlsConfig);
    const onNodes = await helm.render({ mode: 'daemonset', env: [header] });
    const daemonSet = Object(manifest(onNodes, 'DaemonSet', 'lua-plugin-operator')).spec.template.spec;
    expect(daemonSet.containers[0].env.map(({ name }: { name: string }) => name)).to.deep.equal([
      header.name,
      'NODE_NAME',
    ]);
  });

  it('has the longer times of mode: daemonset only while none is given', async () => {
    const times = async (leaderElection: object) => {
      const manifests = await helm.render({ mode: 'daemonset', config: { leaderElection } });
      const { data } = Object(manifest(manifests, 'ConfigMap', 'lua-plugin-operator-config'));
      return parse(data['config.yaml']).leaderElection;
    };
    expect(await times({})).to.deep.equal({
      enabled: true,
      leaseDuration: '60s',
      renewDeadline: '40s',
      retryPeriod: '15s',
    });
    expect(await times({ leaseDuration: '30s' })).to.deep.equal({ enabled: true, leaseDuration: '30s' });
  });

  it('leaves the objects of the webhook out where the config does', async () => {
    const manifests = await helm.render({ config: { webhook: { enabled: false } } });
    const named = manifests.filter(({ metadata }) => metadata.name.includes('webhook'));
    expect(named).to.deep.equal([]);
    expect(manifests.map(({ kind }) => kind)).not.to.include('ValidatingWebhookConfiguration');
  });
});
