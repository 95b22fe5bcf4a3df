import { expect } from 'chai';
import { Metrics } from '../../../operator/observability/metrics.ts';

const reasons = ['compile', 'runtime'];

describe('the metrics', () => {
  it('show a new plugin at zero, so that an alert sees its first failure as a rise', async () => {
    const metrics = new Metrics(reasons);
    metrics.addPlugin('p');
    const text = await metrics.registry.metrics();
    for (const series of [
      'luaplugin_errors_total{plugin="p",reason="compile"} 0',
      'luaplugin_errors_total{plugin="p",reason="runtime"} 0',
      'luaplugin_executions_total{plugin="p",result="resolved"} 0',
      'luaplugin_reloads_total{plugin="p",result="failure"} 0',
      'luaplugin_execution_duration_seconds_count{plugin="p"} 0',
      'luaplugin_pods{plugin="p"} 0',
      'luaplugin_ready{plugin="p"} 0',
      'luaplugin_suspended{plugin="p"} 0',
      'luaplugin_active_revision{plugin="p"} 0',
    ]) {
      expect(text).to.contain(series);
    }
  });

  it('show nothing of a plugin that was removed, and all of the others', async () => {
    const metrics = new Metrics(reasons);
    metrics.addPlugin('p');
    metrics.addPlugin('other');
    metrics.removePlugin('p');
    const text = await metrics.registry.metrics();
    expect(text).not.to.contain('plugin="p"');
    expect(text).to.contain('luaplugin_ready{plugin="other"} 0');
  });

  it('have as many series for a plugin however much it is called, and go back to what they were without any', async () => {
    const metrics = new Metrics(reasons);
    metrics.followQuarantine(() => false);
    const series = async () => (await metrics.registry.metrics()).match(/^luaplugin_.*/gm)?.length ?? 0;
    const without = await series();
    metrics.addPlugin('p0');
    const each = (await series()) - without;
    for (let number = 1; number < 20; number += 1) metrics.addPlugin(`p${number}`);
    expect(await series()).to.equal(without + 20 * each);
    for (let number = 0; number < 20; number += 1) {
      const plugin = `p${number}`;
      for (const result of ['resolved', 'skipped', 'error']) metrics.executions.inc({ plugin, result });
      for (const reason of reasons) metrics.errors.inc({ plugin, reason });
      for (const result of ['success', 'failure']) metrics.reloads.inc({ plugin, result });
      for (const seconds of [0, 0.001, 100]) metrics.executionDuration.observe({ plugin }, seconds);
      for (const gauge of [metrics.ready, metrics.suspended, metrics.pods, metrics.conflicts]) {
        gauge.set({ plugin }, number);
      }
    }
    expect(await series(), 'after calls').to.equal(without + 20 * each);
    for (let number = 0; number < 20; number += 1) metrics.removePlugin(`p${number}`);
    expect(await series(), 'after they were deleted').to.equal(without);
    expect(await metrics.registry.metrics()).not.to.contain('plugin="');
  });

  it('show which plugins are in quarantine, and nothing of those that are gone', async () => {
    const metrics = new Metrics(reasons);
    const quarantined = new Set(['slow', 'gone']);
    metrics.followQuarantine((plugin) => quarantined.has(plugin));
    for (const plugin of ['slow', 'gone', 'other']) metrics.addPlugin(plugin);
    expect(await metrics.registry.metrics()).to.contain('luaplugin_quarantined{plugin="gone"} 1');
    metrics.removePlugin('gone');
    quarantined.delete('slow');
    const text = await metrics.registry.metrics();
    expect(text).to.contain('luaplugin_quarantined{plugin="slow"} 0');
    expect(text).to.contain('luaplugin_quarantined{plugin="other"} 0');
    expect(text).not.to.contain('plugin="gone"');
  });

  it('show each reason for a restart of the sandbox at zero, and count it', async () => {
    const metrics = new Metrics(reasons);
    metrics.countRestart('timeout');
    const text = await metrics.registry.metrics();
    expect(text).to.contain('luaplugin_sandbox_restarts_total{reason="host"} 0');
    expect(text).to.contain('luaplugin_sandbox_restarts_total{reason="timeout"} 1');
  });

  it("bear the names of the design and controller-runtime's", async () => {
    const text = await new Metrics(reasons).registry.metrics();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names).to.include.members([
      'luaplugin_executions_total',
      'luaplugin_errors_total',
      'luaplugin_execution_duration_seconds',
      'luaplugin_pods',
      'luaplugin_ready',
      'luaplugin_suspended',
      'luaplugin_active_revision',
      'luaplugin_reloads_total',
      'luaplugin_sandbox_restarts_total',
      'luaplugin_pod_writes_total',
      'luaplugin_resolution_duration_seconds',
      'controller_runtime_reconcile_total',
      'controller_runtime_reconcile_errors_total',
      'controller_runtime_reconcile_time_seconds',
      'controller_runtime_active_workers',
      'workqueue_depth',
      'workqueue_adds_total',
      'workqueue_queue_duration_seconds',
      'workqueue_work_duration_seconds',
      'workqueue_retries_total',
      'rest_client_requests_total',
    ]);
  });
});
