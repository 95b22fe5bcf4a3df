import { expect } from 'chai';
import { parse } from 'yaml';
import { createDeployment, createOpenGaussCluster, type KubeObject } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { goBuildTimeoutMs } from '../support/go-program.ts';
import { openGaussScript } from '../support/opengauss.ts';
import {
  buildCollector,
  type CollectorConfig,
  type RunningCollector,
  startCollector,
} from '../support/opentelemetry-collector.ts';
import { useOperator } from '../support/operator.ts';
import { type Attributes, type OtlpBackend, type Signal, startOtlpBackend } from '../support/otlp.ts';
import { fencedBlock } from '../support/pages.ts';
import { createReader } from '../support/service-account.ts';
import { refusedCalls } from './observe.ts';

/** What it says to paste is what is tried here. */
const page = 'docs/integrations/opentelemetry.md';

describe('a real OpenTelemetry collector', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const lab = useOperator(fixture, 'mirror: { openTelemetry: true }');
  const plugin = `opengauss-${namespace}`;
  let backend: OtlpBackend | undefined;
  let collector: RunningCollector | undefined;
  let openGauss: KubeObject | undefined;
  let web: KubeObject | undefined;

  before('start it as the page says', async function () {
    this.timeout(goBuildTimeoutMs);
    const { plane } = fixture;
    await lab.applyPlugin(plugin, { script: openGaussScript() });
    [openGauss] = (await createOpenGaussCluster(plane.api, { namespace, name: 'ogtest' })).pods;
    [web] = (await createDeployment(plane.api, { namespace, name: 'web' })).pods;
    const program = await buildCollector();
    backend = await startOtlpBackend();
    const kubeconfig = await createReader(plane, { namespace, name: 'collector' }, ['pods']);
    const config: CollectorConfig = parse(await fencedBlock(page, 'yaml', 'extract:'));
    const here = { auth_type: 'kubeConfig', filter: { namespace } };
    collector = await startCollector(
      program,
      {
        ...config,
        processors: { k8s_attributes: { ...config.processors.k8s_attributes, ...here } },
        exporters: { otlp_http: { endpoint: backend.url, encoding: 'json', compression: 'none' } },
      },
      kubeconfig,
    );
  });

  after('stop it', async () => {
    await collector?.stop();
    await backend?.stop();
  });

  /** Sends again until what arrives has a workload: the annotations are on their way to the collector. */
  const enriched = (signal: Signal, attributes: Attributes) =>
    eventually(`${signal} with a workload`, async () => {
      const arrived = await backend?.pass(collector?.url ?? '', signal, attributes);
      return arrived?.['k8s.workload.name'] !== undefined && arrived;
    });

  it('gives a span of a Pod that a plugin resolves its workload, by the UID', async () => {
    const uid = openGauss?.metadata.uid ?? '';
    expect(await enriched('traces', { 'k8s.pod.uid': uid })).to.include({
      'k8s.workload.kind': 'StatefulSet',
      'k8s.workload.name': 'ogtest',
      'k8s.pod.name': openGauss?.metadata.name,
      'k8s.namespace.name': namespace,
    });
  });

  it("gives a metric of a Deployment's Pod its workload, by the Pod's address", async () => {
    await giveAddress('10.1.2.3');
    expect(await enriched('metrics', { 'k8s.pod.ip': '10.1.2.3' })).to.include({
      'k8s.workload.kind': 'Deployment',
      'k8s.workload.name': 'web',
    });
  });

  it('gives a log record its workload, by where the connection comes from', async () => {
    await giveAddress('127.0.0.1');
    expect(await enriched('logs', {})).to.include({
      'k8s.workload.kind': 'Deployment',
      'k8s.workload.name': 'web',
    });
  });

  it("turns the operator's annotations for OpenTelemetry into the attributes of the semantic conventions", async () => {
    const ofPod = (pod: KubeObject | undefined) => ({ 'k8s.pod.uid': pod?.metadata.uid ?? '' });
    expect(await enriched('traces', ofPod(openGauss))).to.include({ 'k8s.statefulset.name': 'ogtest' });
    expect(await enriched('traces', ofPod(web))).to.include({ 'k8s.deployment.name': 'web' });
  });

  it('keeps a workload that the sender names itself', async () => {
    const attributes = { 'k8s.pod.uid': web?.metadata.uid ?? '', 'k8s.workload.name': 'canary' };
    expect(await enriched('traces', attributes)).to.include({
      'k8s.workload.kind': 'Deployment',
      'k8s.workload.name': 'canary',
    });
  });

  it('follows a changed plugin', async () => {
    const script = openGaussScript().replaceAll('"StatefulSet"', '"OpenGaussDatabase"');
    await lab.applyPlugin(plugin, { script });
    await eventually('the new type to arrive', async () => {
      const arrived = await enriched('traces', { 'k8s.pod.uid': openGauss?.metadata.uid ?? '' });
      return arrived['k8s.workload.kind'] === 'OpenGaussDatabase';
    });
  });

  it('took no right that the operator does not have', async () => {
    expect(await refusedCalls(lab.operator.url)).to.deep.equal([]);
  });

  /** As the kubelet would report it of the Deployment's Pod. */
  async function giveAddress(ip: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${web?.metadata.name}/status`;
    await fixture.plane.api.request('PATCH', path, { status: { podIP: ip, podIPs: [{ ip }] } });
  }
});
