import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { parse } from 'yaml';
import { createDeployment, createOpenGaussCluster } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { goBuildTimeoutMs } from '../support/go-program.ts';
import {
  buildKubeStateMetrics,
  type RunningKubeStateMetrics,
  startKubeStateMetrics,
} from '../support/kube-state-metrics.ts';
import { openGaussScript } from '../support/opengauss.ts';
import { useOperator } from '../support/operator.ts';
import { fencedBlock, fencedBlocks } from '../support/pages.ts';
import { buildPrometheus, type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { createReader } from '../support/service-account.ts';
import { refusedCalls } from './observe.ts';

/** What it says to paste is what is tried here. */
const page = 'docs/integrations/kube-state-metrics.md';

describe('a real kube-state-metrics', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const lab = useOperator(fixture);
  const plugin = `opengauss-${namespace}`;
  let running: RunningKubeStateMetrics | undefined;

  const kubeStateMetrics = () => {
    if (running === undefined) throw new Error('there is no kube-state-metrics');
    return running;
  };
  /** Waits until each Pod has one series, and these say so. */
  const sees = (workloads: readonly string[]) =>
    eventually(`kube_pod_annotations to say ${workloads.join(', ')}`, async () => {
      const found = (await kubeStateMetrics().series('kube_pod_annotations')).map(workloadOf);
      expect(found).to.have.members(workloads);
      return true;
    });

  before('start it as the page says', async function () {
    this.timeout(goBuildTimeoutMs);
    const { plane } = fixture;
    await lab.applyPlugin(plugin, { script: openGaussScript() });
    await createOpenGaussCluster(plane.api, { namespace, name: 'ogtest', pods: 2 });
    await createDeployment(plane.api, { namespace, name: 'web' });
    const kubeconfig = await createReader(plane, { namespace, name: 'kube-state-metrics' }, ['pods']);
    const [flag = ''] = await fencedBlocks(page, 'text');
    const flags = [flag.trim(), `--namespaces=${namespace}`, '--resources=pods'];
    running = await startKubeStateMetrics(await buildKubeStateMetrics(), kubeconfig, flags);
  });

  after('stop it', () => running?.stop());

  it('shows the workload of the Pods that a plugin resolves, and of those of a Deployment', () =>
    sees([
      `StatefulSet ogtest by LuaPlugin/${plugin}`,
      `StatefulSet ogtest by LuaPlugin/${plugin}`,
      'Deployment web by standard',
    ]));

  it('is told the same by the values of its Helm chart', async () => {
    const values = parse(await fencedBlock(page, 'yaml', 'metricAnnotationsAllowList'));
    const [flag = ''] = await fencedBlocks(page, 'text');
    const allowed = values.metricAnnotationsAllowList.join(',');
    expect(flag.trim()).to.equal(`--metric-annotations-allowlist=${allowed}`);
  });

  describe('scraped by a real Prometheus', () => {
    let prometheus: RunningPrometheus | undefined;
    let kubelet: Server | undefined;

    const query = async (expr: string) => {
      if (prometheus === undefined) throw new Error('there is no Prometheus');
      return await prometheus.query(expr);
    };

    before('start Prometheus as the page says, and what stands for a kubelet', async function () {
      this.timeout(goBuildTimeoutMs);
      const pods = await kubeStateMetrics().series('kube_pod_info');
      const lines = pods.map(
        ({ pod }) =>
          `container_memory_working_set_bytes{namespace="${namespace}",pod="${pod}",container="main"} 1048576\n`,
      );
      kubelet = createServer((_request, response) => {
        response.setHeader('content-type', 'text/plain; version=0.0.4').end(lines.join(''));
      });
      await new Promise<void>((resolve) => kubelet?.listen(0, '127.0.0.1', resolve));
      const address = kubelet.address();
      if (address === null || typeof address === 'string') throw new Error('the kubelet has no port');
      const { scrape_configs } = parse(await fencedBlock(page, 'yaml', 'scrape_configs'));
      const at = (target: string) => ({ static_configs: [{ targets: [target] }] });
      prometheus = await startPrometheus(
        await buildPrometheus(),
        [
          { ...scrape_configs[0], ...at(kubeStateMetrics().address) },
          { job_name: 'kubelet', ...at(`127.0.0.1:${address.port}`) },
        ],
        parse(await fencedBlock(page, 'yaml', 'record:')),
      );
    });

    after('stop both', async () => {
      await prometheus?.stop();
      kubelet?.closeAllConnections();
      await new Promise((resolve) => (kubelet === undefined ? resolve(undefined) : kubelet.close(resolve)));
    });

    it('answers every query of the page', async () => {
      const queries = await fencedBlocks(page, 'promql');
      expect(queries).to.have.length.above(2);
      for (const expr of queries) {
        await eventually(`data for ${expr}`, async () => (await query(expr)).length > 0);
      }
    });

    it('adds up the memory of a workload', async () => {
      const expr = await fencedBlock(page, 'promql', 'container_memory_working_set_bytes');
      await eventually('the sums', async () => {
        const sums = (await query(expr)).map(({ metric, value }) => ({ ...metric, bytes: Number(value[1]) }));
        expect(sums).to.have.deep.members([
          { namespace, workload_type: 'StatefulSet', workload_name: 'ogtest', bytes: 2 * 1_048_576 },
          { namespace, workload_type: 'Deployment', workload_name: 'web', bytes: 1_048_576 },
        ]);
        return true;
      });
    });
  });

  describe('once the plugin has changed', () => {
    it('has one series a Pod as before, with the new workload', async () => {
      const script = openGaussScript().replaceAll('"StatefulSet"', '"OpenGaussDatabase"');
      await lab.applyPlugin(plugin, { script });
      await sees([
        `OpenGaussDatabase ogtest by LuaPlugin/${plugin}`,
        `OpenGaussDatabase ogtest by LuaPlugin/${plugin}`,
        'Deployment web by standard',
      ]);
    });
  });

  it('took no right that the operator does not have', async () => {
    expect(await refusedCalls(lab.operator.url)).to.deep.equal([]);
  });
});

/** What a series of kube_pod_annotations says of its Pod. */
function workloadOf(labels: Readonly<Record<string, string>>): string {
  const annotation = (name: string) => labels[`annotation_luaplugin_dev_${name}`];
  return `${annotation('workload_type')} ${annotation('workload_name')} by ${annotation('resolved_by')}`;
}
