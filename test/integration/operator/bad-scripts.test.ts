import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { patientLimits, useOperator } from '../../support/operator.ts';

/** Around a function body: a script that is loaded without trouble. */
function body(lines: string): string {
  return `function GetWorkloadTypeAndName(text)\n${lines}\nend`;
}

/** Short for those that take for ever. */
function limitsFor(reason: string): { timeout: string } {
  return reason === 'timeout' ? { timeout: '50ms' } : patientLimits;
}

describe('a script that is no good', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;

  before('create a Pod, and a plugin that serves beside all the bad ones', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'victim' });
    await lab.applyPlugin('neighbour', { script: body('return "Job", "neighbour"'), priority: -100 });
    await eventually('the neighbour to serve', async () => {
      expect(await lab.workloadOf('victim')).to.equal('Job neighbour by LuaPlugin/neighbour');
      return true;
    });
  });

  afterEach('nobody else is affected', async () => {
    await eventually('the neighbour to serve on', async () => {
      expect(await lab.workloadOf('victim')).to.equal('Job neighbour by LuaPlugin/neighbour');
      return (await fetch(`${lab.operator.url}/readyz`)).ok;
    });
  });

  for (const [index, [what, script, condition, reason]] of (
    [
      [
        'does not compile',
        'x = = 1',
        /^False CompileError: bad-load-0:1: unexpected symbol near '='$/,
        'compile',
      ],
      ['fails at its top level', '\nerror("oops")', /^False LoadError: bad-load-1:2: oops$/, 'load'],
      ['does not define the function', 'x = 1', /^False LoadError: .*GetWorkloadTypeAndName/, 'load'],
      ['loops for ever while it is loaded', 'while true do end', /^False LoadTimeout: .*1000 ?ms/, 'timeout'],
      [
        'allocates without end while it is loaded',
        't = {} while true do t[#t + 1] = string.rep("x", 65536) .. #t end',
        /^False OutOfMemory: /,
        'memory',
      ],
    ] as const
  ).entries()) {
    it(`and ${what} never serves, and the status says why`, async () => {
      const name = `bad-load-${index}`;
      const limits = limitsFor(reason);
      await lab.applyPlugin(name, { script, priority: 10, limits });
      const conditions = await lab.conditionsOf(name);
      expect(conditions.Ready).to.match(condition);
      expect(conditions.Serving).to.match(/^False NoRevision/);
      expect(await lab.metric(`luaplugin_errors_total{plugin="${name}",reason="${reason}"}`)).to.be.at.least(
        1,
      );
      const { stdout } = await fixture.plane.kubectl(['get', 'luaplugin', name, '-o', 'wide']);
      expect(stdout, 'kubectl get -o wide shows the message').to.contain(
        conditions.Ready?.split(': ').at(-1),
      );
    });
  }

  it('and does not compile is told of by an Event, too', async () => {
    await lab.applyPlugin('eventful', { script: 'x = = 1' });
    const events = await eventually('the Event to be there', async () => {
      const field = '--field-selector=involvedObject.name=eventful';
      const { stdout } = await fixture.plane.kubectl(['get', 'events', '-n', 'default', field]);
      return stdout.includes('CompileError') && stdout;
    });
    expect(events).to.match(/Warning +CompileError +luaplugin\/eventful +eventful:1: unexpected symbol/);
  });

  for (const [index, [what, lines, reason, message]] of (
    [
      ['raises an error', 'error("oops " .. #text)', 'runtime', /^bad-call-0:2: oops \d+$/],
      ['loops for ever', 'while true do end', 'timeout', /50 ?ms/],
      [
        'loops for ever behind pcall',
        'while true do pcall(function() while true do end end) end',
        'timeout',
        /50 ?ms/,
      ],
      [
        'allocates without end',
        'local t = {} while true do t[#t + 1] = string.rep("x", 65536) .. #t end',
        'memory',
        /./,
      ],
      ['returns a number', 'return 1, 2', 'invalid_result', /number/],
      ['returns a table', 'return {}, {}', 'invalid_result', /table/],
      ['returns no Kubernetes kind', 'return "no kind", "x"', 'invalid_result', /no kind/],
      ['returns a name that is too long', 'return "Job", string.rep("x", 254)', 'invalid_result', /253/],
    ] as const
  ).entries()) {
    it(`and ${what} on a Pod says so in its status, and the next plugin is asked`, async () => {
      const name = `bad-call-${index}`;
      const limits = limitsFor(reason);
      await lab.applyPlugin(name, { script: body(lines), priority: 10, limits });
      const error = await eventually('the error to be in the status', async () => {
        return (await lab.getPlugin(name)).status?.lastErrors?.[0];
      });
      expect(error).to.include({ reason, pod: `${namespace}/victim` });
      expect(error.message).to.match(message);
      const conditions = await lab.conditionsOf(name);
      expect(conditions.Ready, 'it serves').to.match(/^True Serving/);
      expect(conditions.Degraded).to.match(/^True ErrorsRecur/);
      expect(await lab.metric(`luaplugin_errors_total{plugin="${name}",reason="${reason}"}`)).to.be.at.least(
        1,
      );
      await fixture.plane.kubectl(['delete', 'luaplugin', name]);
    });
  }

  it('and has to be stopped again and again is quarantined, and the status says until when', async () => {
    const { api } = fixture.plane;
    const limits = limitsFor('timeout');
    await lab.applyPlugin('endless', { script: body('while true do end'), priority: 10, limits });
    const names = Array.from({ length: 8 }, (_, index) => `held-${index}`);
    await Promise.all(names.map((name) => createPod(api, { namespace, name })));
    const message = await eventually('the status to say so', async () => {
      const { Degraded } = await lab.conditionsOf('endless');
      return Degraded?.startsWith('True Quarantined') && Degraded;
    });
    expect(message).to.match(/asked again at \d{4}-\d\d-\d\dT/);
    await eventually('the other Pods to be resolved all the same', async () => {
      for (const name of names) expect(await lab.workloadOf(name)).to.contain('by LuaPlugin/neighbour');
      return true;
    });
    await fixture.plane.kubectl(['delete', 'luaplugin', 'endless']);
  });

  it('and worked before leaves its Pods as they are when it begins to fail', async () => {
    await lab.applyPlugin('faithful', { script: body('return "Job", "before"'), priority: 20 });
    await eventually('the plugin to decide', async () => {
      expect(await lab.workloadOf('victim')).to.equal('Job before by LuaPlugin/faithful');
      return true;
    });
    await lab.applyPlugin('faithful', { script: body('error("broken by now")'), priority: 20 });
    await eventually('the error to be in the status', async () => {
      return (await lab.getPlugin('faithful')).status?.lastErrors?.[0];
    });
    expect(await lab.workloadOf('victim')).to.equal('Job before by LuaPlugin/faithful');
    await fixture.plane.kubectl(['delete', 'luaplugin', 'faithful']);
  });
});
