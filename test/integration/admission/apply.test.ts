import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useWebhook } from './lab.ts';

const good = 'function GetWorkloadTypeAndName(text)\n  return "Job", "x"\nend\n';
const tests = [{ name: 'any Pod', metadata: { name: 'a' }, expect: { type: 'Job', name: 'x' } }];

describe('kubectl apply of a LuaPlugin, with the webhook', () => {
  const fixture = useControlPlane();
  const lab = useWebhook(fixture);

  before('have the API server ask the operator', async () => {
    await lab.apply('old', { script: 'broken before there was a webhook' });
    await lab.register();
    // The API server learns of a webhook a moment after it is stored.
    await eventually('the webhook to be asked', async () => {
      const { code } = await lab.apply('asked', { script: 'this is no Lua' }, '--dry-run=server');
      return code === 1;
    });
  });

  /** What kubectl says when it ends with 1. On a busy machine a review may not be done in time; then it is let through. */
  const refusal = (name: string, spec: Record<string, unknown>, ...args: string[]) =>
    eventually(`${name} to be refused`, async () => {
      const { code, stderr } = await lab.apply(name, spec, ...args);
      if (code === 1) return stderr;
      await fixture.plane.kubectl(['delete', 'luaplugin', name, '--ignore-not-found']);
      throw new Error(stderr);
    });
  const stored = async (name: string) => {
    const { stdout } = await fixture.plane.kubectl([
      'get',
      'luaplugin',
      name,
      '--ignore-not-found',
      '-o',
      'name',
    ]);
    return stdout !== '';
  };

  it('says nothing of a plugin that is fine', async () => {
    await eventually('a review that is done in time', async () => {
      const { code, stdout, stderr } = await lab.apply('fine', { script: good, tests }, '--dry-run=server');
      expect(stdout).to.equal('luaplugin.luaplugin.dev/fine created (server dry run)\n');
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      return true;
    });
    expect((await lab.apply('fine', { script: good, tests })).code).to.equal(0);
  });

  const refused: Readonly<Record<string, [spec: Record<string, unknown>, message: string]>> = {
    'a script that does not compile, with its line': [
      { script: 'function GetWorkloadTypeAndName(text)\n  return "Job" "x"\nend\n' },
      "spec.script: refused:2: 'end' expected (to close 'function' at line 1) near '\"x\"'",
    ],
    'a top level that fails, with its line': [
      { script: '\nlocal x = nil\nx.y = 1\n' },
      "spec.script: refused:3: attempt to index a nil value (local 'x')",
    ],
    'a script without the function': [
      { script: 'function GetWorkload() end' },
      'spec.script: refused: the script must define the global function GetWorkloadTypeAndName, but it is nil',
    ],
    'a top level that never ends': [
      { script: 'while true do end' },
      'spec.script: refused: loading took longer than its limit of 1000 ms',
    ],
    'parameters that do not fit their schema': [
      {
        script: good,
        parameters: { team: 3 },
        parametersSchema: { type: 'object', properties: { team: { type: 'string' } } },
      },
      'spec.parameters: team must be string',
    ],
    'a schema that is none': [
      { script: good, parametersSchema: { type: 'strange' } },
      'spec.parametersSchema: cannot be used: schema is invalid: data/type must be equal to one of the allowed values',
    ],
    'a schema with a remote $ref, which is never fetched': [
      { script: good, parametersSchema: { $ref: 'https://127.0.0.1:1/schema.json' } },
      "spec.parametersSchema: cannot be used: can't resolve reference https://127.0.0.1:1/schema.json",
    ],
    'a test that fails, with what came': [
      { script: good, tests: [...tests, { name: 'nobody', metadata: {}, expect: { skip: true } }] },
      'spec.tests[1]: "nobody": expected skip, got Job "x"',
    ],
    'a test that loops': [
      { script: 'function GetWorkloadTypeAndName(text) while true do end end', tests },
      'spec.tests[0]: "any Pod": expected Job "x", got an error (timeout): refused: took longer than its limit of 50 ms',
    ],
  };
  for (const [what, [spec, message]] of Object.entries(refused)) {
    it(`refuses ${what}, and with --dry-run=server says the same`, async () => {
      const real = await refusal('refused', spec);
      expect(real).to.contain('The LuaPlugin "refused" is invalid').and.to.contain(message);
      expect(await refusal('refused', spec, '--dry-run=server')).to.equal(real);
      expect(await stored('refused')).to.equal(false);
    });
  }

  it('names every test that fails', async () => {
    const wrong = ['one', 'two'].map((name) => ({ name, metadata: {}, expect: { skip: true } }));
    const stderr = await refusal('refused', { script: good, tests: wrong });
    expect(stderr)
      .to.match(/^\* spec\.tests\[0\]: "one"/m)
      .and.to.match(/^\* spec\.tests\[1\]: "two"/m);
  });

  it('warns of what Lua 5.4 does not have, with the line, and of missing tests', async () => {
    const script = `${good}\nlocal function rare(f)\n  return setfenv(f, {})\nend\n`;
    await eventually('a review that is done in time', async () => {
      const { code, stderr } = await lab.apply('warned', { script }, '--dry-run=server');
      expect(code).to.equal(0);
      expect(stderr.trim().split('\n')).to.deep.equal([
        "Warning: warned:6: setfenv is not in Lua 5.4: use load(text, name, 't', environment) or a local _ENV",
        'Warning: spec.tests: there are none; with tests, a change that breaks the script never serves',
      ]);
      return true;
    });
  });

  it('stores a suspended plugin that is not finished, with a warning, and refuses to put it to work', async () => {
    const script = 'not finished';
    await eventually('the warning', async () => {
      const { code, stderr } = await lab.apply(
        'parked',
        { script, suspend: true, tests },
        '--dry-run=server',
      );
      expect(code).to.equal(0);
      expect(stderr).to.contain('Warning: suspended, and could not serve: spec.script: parked:1:');
      return true;
    });
    expect((await lab.apply('parked', { script, suspend: true, tests })).code).to.equal(0);
    const atWork = await refusal('parked', { script, suspend: false, tests }, '--dry-run=server');
    expect(atWork).to.contain('spec.script: parked:1:');
    expect((await lab.apply('parked', { script: good, suspend: false, tests })).code).to.equal(0);
  });

  it('lets a broken plugin that is there already be labelled, changed in other ways, and deleted', async () => {
    const { kubectl } = fixture.plane;
    await kubectl(['label', 'luaplugin', 'old', 'a=b']);
    await kubectl(['patch', 'luaplugin', 'old', '--type=merge', '-p', '{"spec":{"priority":5}}']);
    await kubectl(['patch', 'luaplugin', 'old', '--type=merge', '-p', '{"spec":{"suspend":true}}']);
    const unsuspend = ['patch', 'luaplugin', 'old', '--type=merge', '-p', '{"spec":{"suspend":false}}'];
    await eventually('putting it to work again to be refused', async () => {
      const { code, stderr } = await kubectl([...unsuspend, '--dry-run=server'], { allowFailure: true });
      return code === 1 && stderr.includes('spec.script: old:1:');
    });
    await kubectl(['delete', 'luaplugin', 'old']);
  });

  it('says that a script in a ConfigMap is not checked', async () => {
    const scriptFrom = { configMapKeyRef: { namespace: fixture.namespace, name: 'scripts', key: 'a.lua' } };
    const { code, stderr } = await lab.apply('elsewhere', { scriptFrom, tests });
    expect(code).to.equal(0);
    expect(stderr).to.contain('Warning: spec.scriptFrom: a script in a ConfigMap is not checked here');
  });

  it('lets a plugin through that it can not check in time, with a warning', async () => {
    const script = 'local t = os.clock() while os.clock() - t < 30 do end';
    const { code, stderr } = await lab.apply(
      'slow',
      { script, limits: { timeout: '10s' }, tests },
      '--dry-run=server',
    );
    expect(code).to.equal(0);
    expect(stderr).to.contain('Warning: not checked to the end: the script and its tests take longer');
    await eventually('the next one to be checked', async () => {
      const next = await lab.apply('fine', { script: `${good}-- again`, tests }, '--dry-run=server');
      return next.stderr === '';
    });
  });

  it("shows in controller-runtime's metrics and in /readyz", async () => {
    const text = await (await fetch(`${lab.operator.url}/metrics`)).text();
    const webhook = 'webhook="/validate-luaplugin-dev-v1alpha1-luaplugin"';
    expect(text).to.match(
      new RegExp(`controller_runtime_webhook_requests_total{${webhook},code="200"} [1-9]`),
    );
    expect(text).to.match(new RegExp(`controller_runtime_webhook_latency_seconds_count{${webhook}} [1-9]`));
    expect(text).to.contain(`controller_runtime_webhook_requests_in_flight{${webhook}} 0`);
    expect(await lab.readyz()).to.match(/^\[\+\]webhook ok: certificate valid until 2\d{3}-/m);
  });

  it('leaves the sandbox that serves alone', async () => {
    const text = await (await fetch(`${lab.operator.url}/metrics`)).text();
    expect(text).not.to.match(/luaplugin_sandbox_restarts_total\{[^}]*\} [1-9]/);
  });
});
