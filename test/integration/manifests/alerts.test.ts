import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { goBuildTimeoutMs } from '../../support/go-program.ts';
import { shippedRules } from '../../support/monitoring.ts';
import { buildPromtool } from '../../support/prometheus.ts';

const run = promisify(execFile);
const testsFile = fileURLToPath(new URL('alerts.yaml', import.meta.url));

describe('the alerts of config/monitoring', () => {
  let promtool = '';

  before('build promtool, the first time', async function () {
    this.timeout(goBuildTimeoutMs);
    promtool = await buildPromtool();
  });

  it('are each seen to fire in a test of alerts.yaml', async () => {
    const alerts = shippedRules().groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    const { tests } = parse(await readFile(testsFile, 'utf8')) as PromtoolTests;
    const fired = tests
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ exp_alerts }) => exp_alerts.length > 0)
      .map(({ alertname }) => alertname);
    expect([...new Set(fired)]).to.have.members(alerts);
  });

  it('fire when they should, and only then, says promtool', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'alerts-'));
    try {
      await writeFile(join(directory, 'rules.yaml'), stringify(shippedRules()));
      await copyFile(testsFile, join(directory, 'alerts.yaml'));
      await run(promtool, ['check', 'rules', 'rules.yaml'], { cwd: directory });
      await run(promtool, ['test', 'rules', 'alerts.yaml'], { cwd: directory });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

interface PromtoolTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly object[];
    }[];
  }[];
}
