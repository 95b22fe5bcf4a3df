import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { createPod } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { goBuildTimeoutMs } from '../support/go-program.ts';
import { configDirectory } from '../support/manifests.ts';
import { dashboardQueries, metricsIn, type RuleFile, shippedRules } from '../support/monitoring.ts';
import { useOperator } from '../support/operator.ts';
import { fencedBlock } from '../support/pages.ts';
import { buildPrometheus, type RunningPrometheus, startPrometheus } from '../support/prometheus.ts';
import { createReader } from '../support/service-account.ts';
import { refusedCalls } from './observe.ts';

/** They have a series for each who refuses the operator's writes, and here nobody does. */
const mayBeEmpty: ReadonlySet<string> = new Set(['luaplugin_refused_pods', 'luaplugin_refused_namespaces']);
/** So far back, in place of minutes and an hour, the alerts and the dashboard look here. */
const lookBack = '30s';

describe('a real Prometheus that finds the operator through Kubernetes', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const lab = useOperator(fixture);
  const good = `good-${namespace}`;
  const bad = `bad-${namespace}`;
  let prometheus: RunningPrometheus | undefined;

  const query = async (expr: string) => {
    if (prometheus === undefined) throw new Error('there is no Prometheus');
    return await prometheus.query(expr);
  };
  /** Of the Pods whose names begin so. */
  const claim = (prefix: string, answer: string) =>
    `function GetWorkloadTypeAndName(text) if text:find('"name":"${prefix}') then ${answer} end return "", "" end`;

  before('give the operator a Pod of its own, and start Prometheus', async function () {
    this.timeout(goBuildTimeoutMs);
    await lab.applyPlugin(good, { script: claim('shop-', 'return "Shop", "shop"') });
    await lab.applyPlugin(bad, { script: claim('odd-', 'error("odd")') });
    const monitor = parse(await readFile(configDirectory('monitoring/pod-monitor.yaml'), 'utf8')).spec;
    const [{ port, path }] = monitor.podMetricsEndpoints;
    await createOperatorPod(monitor.selector.matchLabels, port);
    const { scrape_configs } = parse(
      await fencedBlock('docs/integrations/prometheus.md', 'yaml', 'job_name: pods'),
    );
    const [{ kubernetes_sd_configs, relabel_configs }] = scrape_configs;
    const kubeconfig_file = await createReader(fixture.plane, { namespace, name: 'prometheus' }, ['pods']);
    const sdConfig = { ...kubernetes_sd_configs[0], kubeconfig_file, namespaces: { names: [namespace] } };
    prometheus = await startPrometheus(
      await buildPrometheus(),
      [
        {
          job_name: 'operator',
          metrics_path: path,
          kubernetes_sd_configs: [sdConfig],
          // What Prometheus Operator makes of the PodMonitor, and the workload as labels, as the page has it.
          relabel_configs: [
            ...Object.entries(monitor.selector.matchLabels).map(([label, value]) => ({
              source_labels: [`__meta_kubernetes_pod_label_${label.replaceAll(/[./-]/g, '_')}`],
              regex: value,
              action: 'keep',
            })),
            { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: port, action: 'keep' },
            ...relabel_configs,
          ],
        },
      ],
      impatient(shippedRules()),
    );
    // Before its first error, so that this is a rise.
    await eventually(
      'the plugins to be scraped',
      async () => (await query(`luaplugin_ready{plugin="${bad}"} == 1`))[0],
    );
    await Promise.all([
      ...['shop-1', 'shop-2'].map((name) => createPod(fixture.plane.api, { namespace, name })),
      ...['odd-1', 'odd-2', 'odd-3'].map((name) => createPod(fixture.plane.api, { namespace, name })),
    ]);
  });

  after('stop Prometheus', () => prometheus?.stop());

  it('sees the annotations of the Pod that it scrapes, and can make labels of them', async () => {
    const target = await eventually('the target to be up', async () => {
      const [found] = (await prometheus?.targets()) ?? [];
      return found?.health === 'up' && found.labels.workload_type !== undefined && found;
    });
    expect(target.discoveredLabels).to.include({
      __meta_kubernetes_pod_annotation_luaplugin_dev_workload_type: 'Pod',
      __meta_kubernetes_pod_annotation_luaplugin_dev_workload_name: 'lua-plugin-operator',
      __meta_kubernetes_pod_annotation_luaplugin_dev_resolved_by: 'standard',
    });
    expect(target.labels).to.include({
      workload_type: 'Pod',
      workload_name: 'lua-plugin-operator',
      job: 'operator',
    });
  });

  it('fires the alert of the plugin that fails, and of no other', async () => {
    const alert = await eventually('LuaPluginFailing to fire, alone', async () => {
      const alerts = (await prometheus?.alerts()) ?? [];
      const [first, ...others] = alerts.filter(({ state }) => state === 'firing');
      return others.length === 0 && first?.labels.alertname === 'LuaPluginFailing' && first;
    });
    expect(alert.labels).to.include({ plugin: bad, severity: 'warning' });
    expect(alert.annotations.summary).to.equal(`LuaPlugin ${bad} fails`);
  });

  it('knows every metric that an alert asks for', async () => {
    for (const { alert, expr } of shippedRules().groups.flatMap(({ rules }) => rules)) {
      for (const name of metricsIn(expr)) {
        const isKnown = mayBeEmpty.has(name)
          ? await prometheus?.knows(name)
          : (await query(`count(${name})`)).length === 1;
        expect(isKnown, `${alert}: ${name}`).to.equal(true);
      }
    }
  });

  it('has data for every panel of the dashboard', async () => {
    const queries = dashboardQueries();
    expect(queries).to.have.length.above(20);
    for (const { panel, expr } of queries) {
      const concrete = expr.replaceAll('$__rate_interval', lookBack).replaceAll('$plugin', '.*');
      await eventually(`data for ${panel}: ${concrete}`, async () => (await query(concrete)).length > 0);
    }
  });

  it('loses the series of a plugin that is deleted', async () => {
    const series = () => query(`{__name__=~"luaplugin_.*", plugin="${bad}"}`);
    expect(await series()).not.to.deep.equal([]);
    await fixture.plane.kubectl(['delete', 'luaplugin', bad]);
    await eventually('the series to be gone', async () => (await series()).length === 0);
    expect(await query(`luaplugin_ready{plugin="${good}"}`)).to.have.length(1);
  });

  it('took no right that the operator does not have', async () => {
    expect(await refusedCalls(lab.operator.url)).to.deep.equal([]);
  });

  /** A Pod as the kubelet would report it: the operator's address, and where it serves. */
  async function createOperatorPod(labels: Readonly<Record<string, string>>, port: string): Promise<void> {
    const containerPort = Number(new URL(lab.operator.url).port);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const name = 'lua-plugin-operator';
    await fixture.plane.api.request('POST', path, {
      metadata: { name, labels },
      spec: { containers: [{ name: 'operator', image: 'operator', ports: [{ name: port, containerPort }] }] },
    });
    const status = { phase: 'Running', podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] };
    await fixture.plane.api.request('PATCH', `${path}/${name}/status`, { status });
  }
});

/** The same rules for a test that has seconds: they look back less far, and nothing has to last. */
function impatient({ groups }: RuleFile): RuleFile {
  return {
    groups: groups.map(({ name, rules }) => ({
      name,
      rules: rules.map(({ for: _lasting, expr, ...rule }) => ({
        ...rule,
        expr: expr.replaceAll(/\[\d+m\]/g, `[${lookBack}]`),
      })),
    })),
  };
}
