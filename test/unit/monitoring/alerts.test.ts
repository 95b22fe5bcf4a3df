import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { failureReasons } from '../../../operator/sandbox/contract.ts';
import { dashboardQueries, metricsIn, shippedRules } from '../../support/monitoring.ts';

const alerts = shippedRules().groups.flatMap(({ rules }) => rules);
const names = alerts.map(({ alert }) => alert);

describe('the alerts of config/monitoring', () => {
  it('say what is wrong, how grave it is, and where to read what to do', async () => {
    const page = await readFile(new URL('../../../docs/alerts.md', import.meta.url), 'utf8');
    const headings = [...page.matchAll(/^## (LuaPlugin\w+)$/gm)].map(([, heading]) => heading);
    expect(headings, 'docs/alerts.md has a section for each, and for no other').to.have.members(names);
    for (const { alert, labels, annotations } of alerts) {
      expect(labels.severity, alert).to.be.oneOf(['warning', 'critical']);
      expect(annotations, alert).to.include.keys('summary', 'description');
      expect(annotations.runbook, alert).to.equal(`docs/alerts.md#${alert.toLowerCase()}`);
    }
  });

  it('and the dashboard ask for metrics that the operator has', async () => {
    const metrics = new Metrics(failureReasons);
    metrics.followQuarantine(() => false);
    metrics.followLongestWait(() => 0);
    metrics.followRefusals(() => []);
    metrics.controller.followLeader('lease', () => true);
    const known = new Set(metrics.registry.getMetricsAsArray().map(({ name }) => name));
    for (const { expr } of [...alerts, ...dashboardQueries()]) {
      const asked = metricsIn(expr);
      expect(asked, expr).not.to.deep.equal([]);
      for (const name of asked) expect(known, expr).to.include(name.replace(/_(bucket|count|sum)$/, ''));
    }
  });
});
