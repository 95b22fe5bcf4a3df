import { expect } from 'chai';
import { OverrunError } from '../../../operator/admission/review-sandbox.ts';
import { nameOf, Reviewer } from '../../../operator/admission/reviewer.ts';
import type { Failure, Sandbox } from '../../../operator/sandbox/contract.ts';
import { failing, ScriptedSandbox } from '../support/scripted-sandbox.ts';
import { change, creation } from './requests.ts';

const untested = 'spec.tests: there are none; with tests, a change that breaks the script never serves';
const passing = { name: 'one', metadata: {}, expect: { skip: true as const } };
const tests = [passing, { name: 'two', metadata: {}, expect: { type: 'Job', name: 'x' } }];

function setUp(use?: (work: (sandbox: Sandbox) => Promise<unknown>) => Promise<unknown>) {
  const sandbox = new ScriptedSandbox();
  let uses = 0;
  const reviewer = new Reviewer({
    sandbox: {
      use: async <T>(_budgetMs: number, work: (lent: Sandbox) => Promise<T>) => {
        uses += 1;
        return (use === undefined ? work(sandbox) : use(work)) as Promise<T>;
      },
    },
  });
  return { sandbox, reviewer, uses: () => uses };
}

describe('a review', () => {
  it('leaves nothing in the sandbox, and warns of missing tests', async () => {
    const { sandbox, reviewer } = setUp();
    expect(await reviewer.review(creation(), 1000)).to.deep.equal({ causes: [], warnings: [untested] });
    expect(sandbox.loaded.size).to.equal(0);
  });

  it('does not use the sandbox for what can not make a plugin worse', async () => {
    const { reviewer, uses } = setUp();
    expect(await reviewer.review(change({}, { priority: 3 }), 1000)).to.deep.equal({
      causes: [],
      warnings: [],
    });
    expect(uses()).to.equal(0);
  });

  it('does not use the sandbox for a spec that is too large or invalid, and names the field', async () => {
    const { reviewer, uses } = setUp();
    const large = creation({ parameters: { list: new Array(10_001).fill(1) } });
    expect((await reviewer.review(large, 1000)).causes).to.deep.equal([
      { field: 'spec.parameters', message: 'must hold at most 10000 values' },
    ]);
    const wrong = creation({ limits: { timeout: '1h', memory: '16Mi' } });
    expect((await reviewer.review(wrong, 1000)).causes[0]?.field).to.equal('spec.limits.timeout');
    expect(uses()).to.equal(0);
  });

  const failures: readonly [Failure, cause: string | undefined, warning?: string][] = [
    [{ reason: 'compile', message: 'p:3: syntax error', line: 3 }, 'p:3: syntax error'],
    [{ reason: 'load', message: 'it is nil' }, 'p: it is nil'],
    [{ reason: 'timeout', message: 'p: loading took longer' }, 'p: loading took longer'],
    [{ reason: 'memory', message: 'p:1: not enough memory', line: 1 }, 'p:1: not enough memory'],
    [
      { reason: 'memory', message: "p: the sandbox's memory for all plugins together is used up" },
      undefined,
      "not checked to the end: p: the sandbox's memory for all plugins together is used up",
    ],
    [{ reason: 'crash', message: 'it died' }, undefined, 'not checked to the end: p: it died'],
  ];
  for (const [failure, message, warning] of failures) {
    it(`${message === undefined ? 'warns of' : 'refuses'} a load that fails with ${failure.reason}: ${failure.message}`, async () => {
      const { sandbox, reviewer } = setUp();
      sandbox.failures.set('s', failure);
      const verdict = await reviewer.review(creation({ script: 's', tests }), 1000);
      expect(verdict).to.deep.equal({
        causes: message === undefined ? [] : [{ field: 'spec.script', message }],
        warnings: warning === undefined ? [] : [warning],
      });
    });
  }

  it('places a message by the whole name, which Lua had shortened', async () => {
    const { sandbox, reviewer } = setUp();
    const name = 'n'.repeat(100);
    sandbox.failures.set('s', { reason: 'compile', message: `${'n'.repeat(59)}:7: wrong`, line: 7 });
    const request = creation({ script: 's' });
    Object.assign(Object(request.object).metadata, { name });
    expect((await reviewer.review({ ...request, name }, 1000)).causes[0]?.message).to.equal(
      `${name}:7: wrong`,
    );
  });

  it('refuses parameters and schemas by their field', async () => {
    const { sandbox, reviewer } = setUp();
    for (const [message, field, rest] of [
      ['spec.parameters: team must be string', 'spec.parameters', 'team must be string'],
      ['spec.parametersSchema cannot be used: why', 'spec.parametersSchema', 'cannot be used: why'],
      [
        'checking spec.parameters by spec.parametersSchema took longer than 500 ms',
        'spec.parametersSchema',
        'checking spec.parameters by spec.parametersSchema took longer than 500 ms',
      ],
    ] as const) {
      sandbox.parameters = { ok: false, message };
      expect((await reviewer.review(creation(), 1000)).causes).to.deep.equal([{ field, message: rest }]);
    }
    sandbox.parameters = { ok: false, message: 'the sandbox died while it checked the parameters' };
    expect((await reviewer.review(creation(), 1000)).causes).to.deep.equal([]);
  });

  it('names each test that failed by its place', async () => {
    const { reviewer } = setUp();
    expect((await reviewer.review(creation({ tests }), 1000)).causes).to.deep.equal([
      { field: 'spec.tests[1]', message: '"two": expected Job "x", got skip' },
    ]);
  });

  it('names the test that had to be stopped, and not those that were not run then', async () => {
    const { sandbox, reviewer } = setUp();
    sandbox.answers.set('s', () => failing({ reason: 'timeout', message: 'p: took longer' }));
    const { causes } = await reviewer.review(creation({ script: 's', tests }), 1000);
    expect(causes.map(({ field }) => field)).to.deep.equal(['spec.tests[0]']);
  });

  it('looks for advice at the beginning of a long script only, and not at all at one that is refused', async () => {
    const { sandbox, reviewer } = setUp();
    sandbox.failures.set('module(1)', { reason: 'load', message: 'p:1: wrong', line: 1 });
    const refusedOne = await reviewer.review(
      creation({ script: 'module(1)', suspend: true, tests: [passing] }),
      1000,
    );
    expect(refusedOne.warnings).to.have.length(1);
    const script = (blanks: number) => `${' '.repeat(blanks)}module(1)`;
    const advised = async (blanks: number) =>
      (await reviewer.review(creation({ script: script(blanks), tests: [passing] }), 1000)).warnings;
    expect(await advised(60_000)).to.have.length(1);
    expect(await advised(65_536)).to.have.length(0);
  });

  it('warns of a suspended plugin instead of refusing it', async () => {
    const { sandbox, reviewer } = setUp();
    sandbox.failures.set('s', { reason: 'compile', message: 'p:3: wrong', line: 3 });
    expect(await reviewer.review(creation({ script: 's', suspend: true, tests }), 1000)).to.deep.equal({
      causes: [],
      warnings: ['suspended, and could not serve: spec.script: p:3: wrong'],
    });
  });

  it('does not look into a ConfigMap: whoever calls the webhook might not be allowed to', async () => {
    const { sandbox, reviewer } = setUp();
    const request = creation({ tests });
    const { spec } = Object(request.object);
    delete spec.script;
    spec.scriptFrom = { configMapKeyRef: { namespace: 'n', name: 'c', key: 'k' } };
    expect(await reviewer.review(request, 1000)).to.deep.equal({
      causes: [],
      warnings: ['spec.scriptFrom: a script in a ConfigMap is not checked here; see the condition Ready'],
    });
    expect(sandbox.loaded.size).to.equal(0);
  });

  it('lets through, with a warning, what overruns and what the sandbox gives up on', async () => {
    for (const [error, warning] of [
      [new OverrunError('late'), 'the script and its tests take longer than the webhook may'],
      [new Error('it was stopped'), 'the sandbox for reviews gave up (it was stopped)'],
    ] as const) {
      const { reviewer } = setUp(() => Promise.reject(error));
      expect(await reviewer.review(creation({ tests }), 1000)).to.deep.equal({
        causes: [],
        warnings: [`not checked to the end: ${warning}; see the condition Ready`],
      });
    }
  });

  it('has four at a time, and lets the next through with a warning', async () => {
    const gate = Promise.withResolvers<unknown>();
    const { reviewer, uses } = setUp(() => gate.promise);
    const running = Array.from({ length: 4 }, () => reviewer.review(creation({ tests }), 1000));
    const { warnings } = await reviewer.review(creation({ tests }), 1000);
    expect(warnings).to.deep.equal([
      'not checked to the end: other plugins are under review; see the condition Ready',
    ]);
    gate.resolve({ causes: [], doubts: [] });
    await Promise.all(running);
    await reviewer.review(creation({ tests }), 1000);
    expect(uses(), 'the places are free again').to.equal(5);
  });

  it('calls a plugin without a name by what its name will begin with', () => {
    const object = { metadata: { generateName: 'web-' } };
    expect(nameOf({ uid: 'u', operation: 'CREATE', object })).to.equal('web-');
    expect(nameOf({ uid: 'u', operation: 'CREATE', object: 3 })).to.equal('luaplugin');
  });
});
