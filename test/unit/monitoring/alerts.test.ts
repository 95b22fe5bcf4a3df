import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { failureReasons } from '../../../operator/sandbox/contract.ts';
import { dashboardQueries, isInstalled, metricsIn, shippedRules } from '../../support/monitoring.ts';

const run = promisify(execFile);
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const testsFile = file('alerts.yaml');
const alerts = shippedRules().groups.flatMap(({ rules }) => rules);
const names = alerts.map(({ alert }) => alert);

describe('the alerts of config/monitoring', () => {
  it('say what is wrong, how grave it is, and where to read what to do', async () => {
    const page = await readFile(file('../../../docs/alerts.md'), 'utf8');
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
    metrics.controller.followLeader('lease', () => true);
    const known = new Set(metrics.registry.getMetricsAsArray().map(({ name }) => name));
    for (const { expr } of [...alerts, ...dashboardQueries()]) {
      const asked = metricsIn(expr);
      expect(asked, expr).not.to.deep.equal([]);
      for (const name of asked) expect(known, expr).to.include(name.replace(/_(bucket|count|sum)$/, ''));
    }
  });

  it('are each seen to fire in a test of alerts.yaml', async () => {
    const { tests } = parse(await readFile(testsFile, 'utf8')) as PromtoolTests;
    const fired = tests
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ exp_alerts }) => exp_alerts.length > 0)
      .map(({ alertname }) => alertname);
    expect([...new Set(fired)]).to.have.members(names);
  });

  if (!isInstalled('promtool')) {
    it('are not tried out: there is no promtool; apt-get install prometheus');
    return;
  }

  it('fire when they should, and only then, says promtool', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'alerts-'));
    try {
      await writeFile(join(directory, 'rules.yaml'), stringify(shippedRules()));
      await copyFile(testsFile, join(directory, 'alerts.yaml'));
      await run('promtool', ['check', 'rules', 'rules.yaml'], { cwd: directory });
      await run('promtool', ['test', 'rules', 'alerts.yaml'], { cwd: directory });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }).timeout(30_000);
});

interface PromtoolTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly object[];
    }[];
  }[];
}
