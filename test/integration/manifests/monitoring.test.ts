import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse } from 'yaml';
import { useControlPlane } from '../../support/control-plane.ts';
import { configDirectory, manifest, render } from '../../support/manifests.ts';
import { operatorAccount } from '../../support/operator.ts';

const { name, namespace: home } = operatorAccount;

interface Labels {
  readonly matchLabels: Readonly<Record<string, string>>;
}

describe('config/monitoring', () => {
  const fixture = useControlPlane();

  it('has Prometheus Operator find the metrics through the Service', async () => {
    const service = manifest(await render(fixture.plane, 'default'), 'Service', `${name}-metrics`);
    const monitor = manifest(await render(fixture.plane, 'monitoring'), 'ServiceMonitor', name);
    const { selector, endpoints } = monitor.spec as { selector: Labels; endpoints: { port: string }[] };
    expect(monitor.metadata.namespace).to.equal(home);
    expect(service.metadata.labels).to.include(selector.matchLabels);
    const ports = (service.spec as { ports: { name: string }[] }).ports.map((port) => port.name);
    expect(ports).to.include(endpoints[0]?.port);
  });

  it('has no other Service in that ServiceMonitor, so that nothing is counted twice', async () => {
    const monitor = manifest(await render(fixture.plane, 'monitoring'), 'ServiceMonitor', name);
    const { selector } = monitor.spec as { selector: Labels };
    const services = (await render(fixture.plane, 'default')).filter(
      ({ kind, metadata }) =>
        kind === 'Service' &&
        Object.entries(selector.matchLabels).every(([key, value]) => metadata.labels?.[key] === value),
    );
    expect(services.map(({ metadata }) => metadata.name)).to.deep.equal([`${name}-metrics`]);
  });

  for (const [folder, kind] of [
    ['default', 'Deployment'],
    ['daemonset', 'DaemonSet'],
  ] as const) {
    it(`has a PodMonitor that finds the Pods of config/${folder} without it`, async () => {
      const monitor = parse(await readFile(configDirectory('monitoring/pod-monitor.yaml'), 'utf8'));
      const { template } = Object(manifest(await render(fixture.plane, folder), kind, name)).spec;
      expect(monitor.metadata.namespace).to.equal(home);
      expect(template.metadata.labels).to.include(monitor.spec.selector.matchLabels);
      const ports = template.spec.containers[0].ports.map((port: { name: string }) => port.name);
      expect(ports).to.include(monitor.spec.podMetricsEndpoints[0].port);
    });
  }

  it("puts the dashboard where Grafana's sidecar looks, under a name that stays", async () => {
    const dashboard = manifest(await render(fixture.plane, 'monitoring'), 'ConfigMap', `${name}-dashboard`);
    expect(dashboard.metadata.labels).to.include({ grafana_dashboard: '1' });
    const [json] = Object.values(dashboard.data as Record<string, string>);
    const { uid, panels } = JSON.parse(json ?? '');
    expect(uid).to.equal(name);
    const ids = panels.map(({ id }: { id: number }) => id);
    expect(new Set(ids).size, 'each panel has an id of its own').to.equal(ids.length);
    await fixture.plane.kubectl(['create', 'namespace', home]).catch(() => undefined);
    await fixture.plane.kubectl(['apply', '--dry-run=server', '-f', '-'], {
      input: JSON.stringify(dashboard),
    });
  });
});
