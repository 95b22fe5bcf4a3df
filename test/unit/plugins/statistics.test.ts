import { expect } from 'chai';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { Statistics } from '../../../operator/plugins/status/statistics.ts';
import { failureReasons } from '../../../operator/sandbox/contract.ts';
import { failing, resolved } from '../support/scripted-sandbox.ts';

function setUp() {
  let time = 0;
  const news: string[] = [];
  const changed: string[] = [];
  const metrics = new Metrics(failureReasons);
  const statistics = new Statistics({
    metrics,
    clock: { now: () => time, wallTime: () => (time += 1), sleep: () => Promise.resolve() },
    onNewError: (plugin, { failure }) => news.push(`${plugin}: ${failure.message}`),
  });
  statistics.onChange((plugin) => changed.push(plugin));
  statistics.add('p');
  const wait = (ms: number) => {
    time += ms;
  };
  return { statistics, metrics, news, changed, wait };
}

const oops = failing({ reason: 'runtime', message: 'p:1: oops', line: 1 });

describe('the statistics of a plugin', () => {
  it('count calls by what they came to', async () => {
    const { statistics, metrics } = setUp();
    statistics.called('p', resolved('Job', 'j'), 0.001, 'a/b');
    statistics.called('p', oops, 0.001, 'a/b');
    const text = await metrics.registry.metrics();
    expect(text)
      .to.contain('luaplugin_executions_total{plugin="p",result="resolved"} 1')
      .and.to.contain('luaplugin_executions_total{plugin="p",result="skipped"} 0')
      .and.to.contain('luaplugin_executions_total{plugin="p",result="error"} 1')
      .and.to.contain('luaplugin_errors_total{plugin="p",reason="runtime"} 1')
      .and.to.contain('luaplugin_execution_duration_seconds_count{plugin="p"} 2');
  });

  it('hold an error that recurs once, with its count and its latest Pod', () => {
    const { statistics, news } = setUp();
    statistics.called('p', oops, 0.001, 'a/first');
    statistics.called('p', oops, 0.001, 'a/second');
    expect(statistics.get('p').lastErrors).to.deep.equal([
      { failure: { reason: 'runtime', message: 'p:1: oops', line: 1 }, pod: 'a/second', time: 2, count: 2 },
    ]);
    expect(news, 'told once').to.deep.equal(['p: p:1: oops']);
  });

  it('tell of five different errors a minute, so that no script can fill the log', () => {
    const { statistics, news, wait } = setUp();
    const fail = (count: number) => {
      for (let call = 0; call < count; call += 1) {
        const message = `p:1: ${news.length} ${call}`;
        statistics.called('p', failing({ reason: 'runtime', message, line: 1 }), 0.001, 'a/b');
      }
    };
    fail(100);
    expect(news).to.have.length(5);
    wait(60_000);
    fail(100);
    expect(news).to.have.length(10);
  });

  it('hold the five latest kinds of errors, the newest first', () => {
    const { statistics } = setUp();
    for (let line = 1; line <= 7; line += 1) {
      statistics.called('p', failing({ reason: 'runtime', message: `p:${line}: oops`, line }), 0.001, 'a/b');
    }
    expect(statistics.get('p').lastErrors.map(({ failure }) => failure.line)).to.deep.equal([7, 6, 5, 4, 3]);
    expect(statistics.get('p').errors).to.equal(7);
  });

  it('begin anew with a new revision', () => {
    const { statistics } = setUp();
    statistics.called('p', oops, 0.001, 'a/b');
    statistics.resolves('p', 3);
    statistics.startRevision('p', 'two');
    statistics.complete();
    expect(statistics.get('p')).to.deep.equal({ pods: 3, revision: 'two', errors: 0, lastErrors: [] });
  });

  it('do not count Pods before all have been looked at', () => {
    const { statistics } = setUp();
    statistics.resolves('p', 3);
    expect(statistics.get('p').pods).to.equal(undefined);
    statistics.complete();
    expect(statistics.get('p').pods).to.equal(3);
  });

  it('go on where an earlier run of the operator ended', () => {
    const { statistics } = setUp();
    const failure = { reason: 'runtime', message: 'p:1: oops', line: 1 } as const;
    statistics.add('q', { errors: 7, lastErrors: [{ failure, pod: 'a/b', time: 0, count: 7 }] });
    statistics.called('q', oops, 0.001, 'a/c');
    expect(statistics.get('q').errors).to.equal(8);
    expect(statistics.get('q').lastErrors).to.have.length(1);
    expect(statistics.get('q').lastErrors[0]).to.include({ pod: 'a/c', count: 8 });
  });

  it('go on with the same revision after a restart, and begin anew with another', () => {
    const { statistics } = setUp();
    statistics.add('q', { revision: 'one', errors: 7, lastErrors: [] });
    statistics.startRevision('q', 'one');
    expect(statistics.get('q').errors).to.equal(7);
    statistics.startRevision('q', 'two');
    expect(statistics.get('q').errors).to.equal(0);
  });

  it('hold back the Pods between two terms of this instance, until all have been looked at again', () => {
    const { statistics, changed } = setUp();
    statistics.resolves('p', 3);
    statistics.complete();
    statistics.comparePlugins();
    statistics.incomplete();
    expect(statistics.get('p')).to.include({ pods: undefined }).and.not.to.have.property('conflicts');
    expect(statistics.snapshot()).to.equal(undefined);
    statistics.resolves('p', 5);
    changed.length = 0;
    statistics.complete();
    expect(changed, 'has its status written').to.deep.equal(['p']);
    expect(statistics.get('p').pods).to.equal(5);
  });

  it('go on where another instance ended, but never back, and not for another revision', () => {
    const { statistics } = setUp();
    const failure = { reason: 'runtime', message: 'p:1: oops', line: 1 } as const;
    const lastErrors = [{ failure, pod: 'a/z', time: 0, count: 9 }];
    statistics.startRevision('p', 'one');
    statistics.called('p', oops, 0.001, 'a/b');
    statistics.takeOver('p', { revision: 'two', errors: 9, lastErrors });
    statistics.takeOver('p', { revision: 'one', errors: 0, lastErrors: [] });
    expect(statistics.get('p').errors).to.equal(1);
    statistics.takeOver('p', { revision: 'one', errors: 9, lastErrors });
    expect(statistics.get('p')).to.deep.include({ errors: 9, lastErrors });
    statistics.called('p', oops, 0.001, 'a/b');
    expect(statistics.get('p')).to.include({ errors: 10 });
    expect(statistics.get('p').lastErrors[0]?.count).to.equal(10);
  });

  it('are known as a whole only when all Pods have been looked at', () => {
    const { statistics } = setUp();
    statistics.resolves('p', 3);
    expect(statistics.snapshot()).to.equal(undefined);
    statistics.complete();
    expect([...(statistics.snapshot() ?? [])].map(([plugin, { pods }]) => [plugin, pods])).to.deep.equal([
      ['p', 3],
    ]);
  });

  it('leave no series behind when the plugin is deleted, whatever comes late', async () => {
    const { statistics, metrics } = setUp();
    statistics.remove('p');
    statistics.called('p', oops, 0.001, 'a/b');
    statistics.resolves('p', 1);
    expect(await metrics.registry.metrics()).not.to.contain('plugin="p"');
  });
});
