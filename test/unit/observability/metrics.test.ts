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
    metrics.followRefusals(() => []);
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

  it('show what one of several instances works on by that one alone, and right again when it works again', async () => {
    const metrics = new Metrics(reasons);
    let works = false;
    metrics.followWork(() => works);
    metrics.addPlugin('p');
    metrics.addPlugin('deleted');
    const shown = async () =>
      (await metrics.registry.metrics()).match(/^luaplugin_(pods|dry_run_pods|conflicts){.*/gm);
    expect(await shown(), 'before it works').to.equal(null);
    works = true;
    metrics.pods.set({ plugin: 'p' }, 1000);
    metrics.removePlugin('deleted');
    const rows = [
      'luaplugin_pods{plugin="p"} 1000',
      'luaplugin_dry_run_pods{plugin="p"} 0',
      'luaplugin_conflicts{plugin="p"} 0',
    ];
    expect(await shown()).to.deep.equal(rows);
    works = false;
    expect(await shown(), 'after its work').to.equal(null);
    metrics.pods.set({ plugin: 'p' }, 999);
    const text = await metrics.registry.metrics();
    expect(text, 'true of each instance').to.contain('luaplugin_ready{plugin="p"} 0');
    works = true;
    expect(await shown()).to.deep.equal(['luaplugin_pods{plugin="p"} 999', ...rows.slice(1)]);
  });

  it('show each way to begin and to cease to lead at zero', async () => {
    const text = await new Metrics(reasons).registry.metrics();
    for (const transition of ['acquired', 'released', 'failed', 'lost'])
      expect(text).to.contain(`luaplugin_leader_transitions_total{transition="${transition}"} 0`);
  });

  it('show each reason for a restart of the sandbox at zero, and count it', async () => {
    const metrics = new Metrics(reasons);
    metrics.countRestart('timeout');
    const text = await metrics.registry.metrics();
    expect(text).to.contain('luaplugin_sandbox_restarts_total{reason="host"} 0');
    expect(text).to.contain('luaplugin_sandbox_restarts_total{reason="timeout"} 1');
  });

  it('show at each scrape how long the workers of each queue have been at work', async () => {
    const metrics = new Metrics(reasons);
    let atWork = [4, 1.5];
    metrics.controller.followWork('pod', () => atWork);
    metrics.controller.followWork('luaplugin', () => []);
    const series = async () =>
      (await metrics.registry.metrics()).split('\n').filter((line) => /^workqueue_(unf|long)/.test(line));
    expect(await series()).to.deep.equal([
      'workqueue_unfinished_work_seconds{name="pod"} 5.5',
      'workqueue_unfinished_work_seconds{name="luaplugin"} 0',
      'workqueue_longest_running_processor_seconds{name="pod"} 4',
      'workqueue_longest_running_processor_seconds{name="luaplugin"} 0',
    ]);
    atWork = [];
    expect(await series()).to.include('workqueue_longest_running_processor_seconds{name="pod"} 0');
  });

  it('show how long the Pod waits that waits longest, and nothing while another instance works', async () => {
    const metrics = new Metrics(reasons);
    let isWorking = true;
    metrics.followWork(() => isWorking);
    metrics.followLongestWait(() => 12);
    expect(await metrics.registry.metrics()).to.match(/^luaplugin_longest_waiting_pod_seconds 12$/m);
    isWorking = false;
    expect(await metrics.registry.metrics()).to.not.match(/^luaplugin_longest_waiting_pod_seconds \d/m);
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
      'workqueue_unfinished_work_seconds',
      'workqueue_longest_running_processor_seconds',
      'rest_client_requests_total',
      'rest_client_request_duration_seconds',
    ]);
  });
});
