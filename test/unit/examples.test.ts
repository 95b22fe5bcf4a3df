import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { formatFieldErrors } from '../../operator/api/errors.ts';
import { validateLuaPlugin } from '../../operator/api/validate.ts';
import { silentLogger } from '../../operator/observability/logging.ts';
import { runTests } from '../../operator/plugins/script/run-tests.ts';
import { SandboxHost } from '../../operator/sandbox/host-client.ts';
import { loadExample } from '../support/example-program.ts';

const folder = new URL('../../examples/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('examples/', () => {
  const sandbox = new SandboxHost({ logger: silentLogger });
  before('start the sandbox', () => sandbox.start());
  after('stop the sandbox', () => sandbox.stop());

  it('has a Pod to try each plugin on', () => {
    expect(readdirSync(new URL('pods/', folder))).to.have.members(files);
  });

  for (const file of files) {
    describe(file, () => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      const result = validateLuaPlugin(parse(text));

      it('is a valid LuaPlugin named after its file', () => {
        expect(result.ok ? '' : formatFieldErrors(result.errors)).to.equal('');
        expect(result).to.have.nested.property('plugin.metadata.name', file.replace('.yaml', ''));
      });

      it('begins with what it does and how to try it', () => {
        expect(text).to.match(/^# .+\n(#.*\n)*# {3}kubectl apply -f examples\/.+ -f examples\/pods\/.+\n/);
        expect(text).to.contain(`-f examples/${file} -f examples/pods/${file}`);
      });

      it('tests a Pod that it resolves and one that it skips', () => {
        const tests = result.ok ? (result.plugin.spec.tests ?? []) : [];
        expect(tests.some((test) => 'type' in test.expect)).to.equal(true);
        expect(tests.some((test) => 'skip' in test.expect)).to.equal(true);
      });

      it('passes its own tests in the sandbox, within its own memory', async () => {
        if (!result.ok) expect.fail('it is not valid');
        expect(await loadExample(sandbox, file, result.plugin)).to.equal(undefined);
        const { tests = [] } = result.plugin.spec;
        const { report } = await runTests(file, tests, sandbox);
        expect(report).to.deep.equal({ passed: tests.length, failed: 0, failures: [] });
      });

      it('is listed in the README with its Pods', () => {
        const readme = readFileSync(new URL('README.md', folder), 'utf8');
        expect(readme).to.contain(`[${file}](${file})`).and.to.contain(`[pods/${file}](pods/${file})`);
      });

      it('has Pods that are Pods', () => {
        const pods = parseAllDocuments(readFileSync(new URL(`pods/${file}`, folder), 'utf8'));
        expect(pods.map((pod) => pod.toJS().kind)).to.satisfy((kinds: string[]) =>
          kinds.every((kind) => kind === 'Pod'),
        );
      });
    });
  }
});
