import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { openGaussScript } from '../support/opengauss.ts';
import { Box, brief, functionOf, honest, mebibyte, metadata, pods } from './box.ts';

describe('The sandbox', () => {
  const box = new Box();
  before(() => box.sandbox.start());
  after(() => box.sandbox.stop());

  it('answers with the workload of the first program that knows the Pod', async () => {
    const skips = await box.load(functionOf('return "", ""'));
    const fails = await box.load(functionOf('error("oops")'));
    const knows = await box.load(honest);
    const started = performance.now();
    const steps = await box.ask([skips, fails, knows, skips]);
    const elapsed = (performance.now() - started) / 1000;
    expect(steps.map(({ program, answer }) => [program, answer.result])).to.deep.equal([
      [skips, 'skipped'],
      [fails, 'error'],
      [knows, 'resolved'],
    ]);
    expect(steps[2]?.answer).to.deep.equal({ result: 'resolved', type: 'StatefulSet', name: 'web-0' });
    for (const { seconds } of steps) expect(seconds).to.be.within(0, elapsed);
  });

  it('runs the script of the DeepFlow documentation as it is', async () => {
    const program = await box.load(openGaussScript());
    const owned = JSON.stringify({ ownerReferences: [{ kind: 'OpenGaussCluster', name: 'ogtest' }] });
    expect(await box.answer(program, owned)).to.deep.equal({
      result: 'resolved',
      type: 'StatefulSet',
      name: 'ogtest',
    });
    expect(await box.answer(program)).to.deep.equal({ result: 'skipped' });
  });

  it('keeps the order of many Pods asked at once, with text of any language', async () => {
    const program = await box.load(honest);
    const texts = pods(1000).map((text, index) =>
      index % 3 === 0 ? text.replace('pod', 'größe-日本') : text,
    );
    const answers = await box.sandbox.evaluate(
      texts.map((text) => ({ metadata: text, programs: [program] })),
    );
    answers.forEach((steps, index) => {
      const name = `${index % 3 === 0 ? 'größe-日本' : 'pod'}-${index}`;
      expect(steps[0]?.answer).to.deep.equal({ result: 'resolved', type: 'StatefulSet', name });
    });
  });

  it('says where a script does not compile', async () => {
    expect(await box.loadFailure('local x = 1\nif x then')).to.deep.equal({
      reason: 'compile',
      message: "test:2: 'end' expected near <eof>",
      line: 2,
    });
  });

  it('says that a script lacks its function, or that its top level failed', async () => {
    expect(await box.loadFailure('x = 1')).to.include({ reason: 'load' });
    expect((await box.loadFailure('GetWorkloadTypeAndName = 5')).message).to.contain('but it is number');
    expect(await box.loadFailure('\n\nlocal t = nil + 1')).to.deep.include({ reason: 'load', line: 3 });
    expect(await box.loadFailure('error({})')).to.deep.equal({
      reason: 'load',
      message: 'error object is a table, not a string',
    });
  });

  it('stops a top level that never ends, or never stops allocating', async () => {
    for (const script of ['while true do end', 'while true do pcall(error) end']) {
      expect(await box.loadFailure(script, { limits: brief })).to.include({ reason: 'timeout' });
    }
    const greedy = 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e6) .. i end';
    expect(await box.loadFailure(greedy)).to.include({ reason: 'memory' });
  });

  it('names the line of a call that failed', async () => {
    const program = await box.load(functionOf('\nlocal x = meta.labels.missing.field'));
    expect(await box.failure(program)).to.deep.equal({
      reason: 'runtime',
      message: "test:5: attempt to index a nil value (field 'missing')",
      line: 5,
    });
  });

  it('stops a call that never ends, wrapped in pcall or not, and keeps its neighbours answering', async () => {
    const loops = await box.load(functionOf('while true do pcall(error) end'), { limits: brief });
    const knows = await box.load(honest);
    const started = performance.now();
    const texts = pods(100);
    const answers = await box.sandbox.evaluate(
      texts.map((text, index) => ({ metadata: text, programs: index === 50 ? [loops, knows] : [knows] })),
    );
    const elapsed = (performance.now() - started) / 1000;
    expect(answers[50]?.[0]?.answer).to.deep.include({ result: 'error' });
    expect(answers[50]?.[0]?.seconds).to.be.within(0.1, elapsed);
    answers.forEach((steps, index) => {
      expect(steps.at(-1)?.answer).to.deep.equal({
        result: 'resolved',
        type: 'StatefulSet',
        name: `pod-${index}`,
      });
    });
    expect((await box.failure(loops)).reason).to.equal('timeout');
  });

  it('stops a call that never stops allocating, and starts it afresh afterwards', async () => {
    const greedy = await box.load(
      functionOf(
        'if meta.calm then return "Job", "calm" end local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e6) .. i end',
      ),
    );
    expect((await box.failure(greedy)).reason).to.equal('memory');
    expect(await box.answer(greedy, '{"calm":true}')).to.include({ result: 'resolved' });
  });

  it('refuses results that are no kind and name', async () => {
    for (const body of [
      'return 1, 2',
      'return {}, "a"',
      'return "Stateful Set", "a"',
      'return "Job", ("x"):rep(1e6)',
    ]) {
      expect((await box.failure(await box.load(functionOf(body)))).reason, body).to.equal('invalid_result');
    }
    for (const body of ['', 'return nil', 'return "", "a"', 'return "Job", ""']) {
      expect(await box.answer(await box.load(functionOf(body))), body).to.deep.equal({ result: 'skipped' });
    }
  });

  it('answers with reason load for a program that was never loaded, or is not any more', async () => {
    const program = await box.load(honest);
    const last = box.answer(program);
    box.sandbox.unload(program);
    expect(await last).to.include({ result: 'resolved' });
    expect((await box.failure(program)).reason).to.equal('load');
    expect((await box.failure('nobody@1')).reason).to.equal('load');
    box.sandbox.unload('nobody@1');
  });

  it('gives a program its parameters', async () => {
    const program = await box.load(functionOf('return parameters.kind, meta.name .. parameters.suffix'), {
      parameters: { kind: 'Job', suffix: '-x' },
    });
    expect(await box.answer(program)).to.deep.equal({ result: 'resolved', type: 'Job', name: 'web-0-x' });
  });

  it('returns what a program printed only where it was asked for', async () => {
    const program = await box.load(functionOf('print("seen", meta.name) return "", ""'));
    const [loud, quiet] = await box.sandbox.evaluate([
      { metadata, programs: [program], output: true },
      { metadata, programs: [program] },
    ]);
    expect(loud?.[0]?.output).to.equal('seen\tweb-0\n');
    expect(quiet?.[0]).to.not.have.property('output');
  });

  it('keeps globals of a program from all others', async () => {
    const first = await box.load(functionOf('leak = meta.name string.rep = nil return "Job", "a"'));
    const second = await box.load(functionOf('return "Job", tostring(leak) .. ("x"):rep(2)'));
    await box.answer(first);
    expect(await box.answer(second)).to.include({ name: 'nilxx' });
  });

  it('restricts types where it was told to', async () => {
    const strict = new Box({ allowedTypes: ['deployment', 'StatefulSet'], workers: 1 });
    await strict.sandbox.start();
    try {
      const job = await strict.load(functionOf('return "Job", "a"'));
      expect((await strict.failure(job)).message).to.contain('allowed are Deployment, StatefulSet');
      expect(await strict.answer(await strict.load(honest))).to.include({ result: 'resolved' });
    } finally {
      await strict.sandbox.stop();
    }
  });

  it('checks parameters against a schema and fills defaults in', async () => {
    const schema = {
      type: 'object',
      properties: { suffix: { type: 'string', default: '-db' } },
      additionalProperties: false,
    };
    expect(await box.sandbox.checkParameters(undefined, undefined)).to.deep.equal({
      ok: true,
      parameters: undefined,
    });
    expect(await box.sandbox.checkParameters({ a: [1] }, undefined)).to.deep.equal({
      ok: true,
      parameters: { a: [1] },
    });
    expect(await box.sandbox.checkParameters({}, schema)).to.deep.equal({
      ok: true,
      parameters: { suffix: '-db' },
    });
    expect(await box.sandbox.checkParameters({ suffix: 1, x: 2 }, schema)).to.deep.equal({
      ok: false,
      message: 'spec.parameters: must NOT have additional properties (x); suffix must be string',
    });
    expect(await box.sandbox.checkParameters({}, { $ref: 'https://example.com/schema' })).to.include({
      ok: false,
    });
    expect(await box.sandbox.checkParameters({}, { type: 'nonsense' })).to.include({ ok: false });
  });

  it('ends a schema that never ends, says so, refuses it at once from then on, and checks the next one', async () => {
    const hostile = { properties: { a: { pattern: '^(a+)+$' } } };
    const parameters = { a: `${'a'.repeat(50)}!` };
    const slow = box.sandbox.checkParameters(parameters, hostile);
    const next = box.sandbox.checkParameters({ a: 'xx' }, { properties: { a: { pattern: '^x+$' } } });
    const message = 'checking spec.parameters by spec.parametersSchema took longer than 500 ms';
    expect(await slow).to.deep.equal({ ok: false, message });
    expect(await next).to.include({ ok: true });
    const started = performance.now();
    expect(await box.sandbox.checkParameters({ a: 'a' }, hostile)).to.deep.equal({ ok: false, message });
    expect(performance.now() - started, 'less than it takes to check').to.be.below(500);
  });

  it('ends a schema of 300,000 alternatives by the first limit that it passes, memory or time', async () => {
    const items = Array.from({ length: 3e5 }, (_, index) => ({ const: `value ${index}` }));
    const checked = await box.sandbox.checkParameters({}, { anyOf: items });
    expect(checked.ok).to.equal(false);
    expect(checked.ok ? '' : checked.message).to.match(/took longer than 500 ms$|may need too much memory$/);
  });

  it('takes parameters without a schema as they are, even where no host runs', async () => {
    const idle = new Box();
    expect(await idle.sandbox.checkParameters({ a: 1 }, undefined)).to.deep.equal({
      ok: true,
      parameters: { a: 1 },
    });
  });

  it('answers about Pods while other scripts take their time to load', async () => {
    const knows = await box.load(honest);
    const limits = { timeoutMs: 3_000, memoryBytes: 16 * mebibyte };
    let ended = 0;
    const loads = Array.from({ length: 3 }, async () => {
      const failure = await box.loadFailure('while true do end', { limits });
      ended += 1;
      return failure;
    });
    for (let i = 0; i < 20; i++) expect(await box.answer(knows)).to.include({ result: 'resolved' });
    expect(ended, 'loads that ended meanwhile').to.equal(0);
    for (const failure of await Promise.all(loads)) {
      expect(failure).to.deep.equal({
        reason: 'timeout',
        message: 'test: loading took longer than its limit of 3000 ms',
      });
    }
  });

  it('lets a script load for longer than a call may take, also where it is loaded for a call', async () => {
    const slow = 'local t = os.clock() + 0.6 while os.clock() < t do end ';
    const program = await box.load(slow + honest, { limits: { timeoutMs: 400, memoryBytes: 16 * mebibyte } });
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() =>
        box.sandbox.evaluate(pods(40).map((text) => ({ metadata: text, programs: [program] }))),
      ),
    );
    for (const [step] of answers.flat()) expect(step?.answer).to.include({ result: 'resolved' });
  });

  it('runs in a process without environment', () => {
    const environment = readFileSync(`/proc/${box.sandbox.pid}/environ`, 'utf8').split('\0');
    // What fork itself adds; Node takes it away before any of our code runs.
    expect(
      environment.filter((entry) => !/^(NODE_CHANNEL_\w+=.*|MALLOC_ARENA_MAX=1)?$/.test(entry)),
    ).to.deep.equal([]);
  });

  it('runs in a process that can read no file but its own code, write none, and start no other process', () => {
    const command = readFileSync(`/proc/${box.sandbox.pid}/cmdline`, 'utf8').split('\0');
    const flags = command.slice(1).filter((word) => word.startsWith('--'));
    const probe = `
      const attempts = {
        read: () => require('node:fs').readFileSync('/etc/hostname'),
        readToken: () => require('node:fs').readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/token'),
        readOperator: () => require('node:fs').readFileSync(${JSON.stringify(new URL('../../package.json', import.meta.url).pathname)}),
        write: () => require('node:fs').writeFileSync('/tmp/escaped', ''),
        spawn: () => require('node:child_process').spawnSync('true'),
      };
      for (const [name, attempt] of Object.entries(attempts)) {
        try { attempt(); console.log(name, 'succeeded'); } catch (error) { console.log(name, error.code); }
      }`;
    const { stdout } = spawnSync(process.execPath, [...flags, '-e', probe], { env: {}, encoding: 'utf8' });
    expect(stdout.trim().split('\n')).to.deep.equal(
      ['read', 'readToken', 'readOperator', 'write', 'spawn'].map((name) => `${name} ERR_ACCESS_DENIED`),
    );
  });

  it('gives a script nothing of JavaScript, not even through the errors it catches', async () => {
    const program = await box.load(
      functionOf(`
      local seen = {}
      local function walk(value, depth)
        if depth > 4 then return end
        seen[#seen + 1] = type(value)
        if type(value) == "userdata" then error("userdata") end
        if type(value) == "table" then for k, v in next, value do walk(k, depth + 1) walk(v, depth + 1) end end
        local mt = getmetatable(value)
        if type(mt) == "table" and mt.__index ~= value then walk(mt.__index, depth + 1) end
      end
      local errors = {
        select(2, pcall(dkjson.decode, "{}", {})), select(2, pcall(dkjson.decode, ("["):rep(400000))),
        select(2, pcall(string.rep, "x", 1e9)), select(2, pcall(error)),
        select(2, pcall(coroutine.wrap(function() error() end))),
      }
      for i = 1, 5 do
        walk(errors[i], 0)
        local ok, constructor = pcall(function() return errors[i].constructor end)
        if ok and constructor then return "Job", "escaped" end
      end
      walk(_G, 0)
      return "Job", "nothing"`),
      { limits: { timeoutMs: 5_000, memoryBytes: 64 * mebibyte } },
    );
    expect(await box.answer(program)).to.deep.equal({ result: 'resolved', type: 'Job', name: 'nothing' });
  });
});
