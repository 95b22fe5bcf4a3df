import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { type Fixture, readLibrary, renderIndex } from '../../build/generate/library.ts';
import { formatFieldErrors } from '../../operator/api/errors.ts';
import type { LuaPlugin } from '../../operator/api/generated.ts';
import { compileMatch } from '../../operator/api/selectors.ts';
import { validateLuaPlugin } from '../../operator/api/validate.ts';
import { silentLogger } from '../../operator/observability/logging.ts';
import { runTests } from '../../operator/plugins/script/run-tests.ts';
import { SandboxHost } from '../../operator/sandbox/host-client.ts';
import { controllerReference, type Owners, resolveStandard } from '../../operator/workloads/standard.ts';
import { loadExample } from '../support/example-program.ts';

const folder = new URL('../../examples/library/', import.meta.url);
const library = await readLibrary();
const everyFixture = library.flatMap(({ fixtures }) => fixtures);

/** Plugins whose Pods have no mark that a match could ask for: they are asked about others', and skip them. */
const asksMore = new Set(['mongodb-community', 'tekton']);

/** Metadata as no operator makes it: a plugin may skip these, but not fail on them. */
const oddPods: object[] = [
  {},
  { name: 'x', labels: {}, annotations: {}, ownerReferences: [] },
  { name: 'x', ownerReferences: [{}] },
  { name: 'x', ownerReferences: [{ kind: 'StatefulSet' }, { kind: 'VirtualMachineInstance' }] },
  { name: 'x', labels: Object.fromEntries(labelKeys().map((key) => [key, ''])) },
  { name: 'x', labels: Object.fromEntries(labelKeys().map((key) => [key, 'x'])) },
];

function labelKeys(): string[] {
  return [...new Set(everyFixture.flatMap(({ metadata }) => Object.keys(metadata.labels ?? {})))];
}

/** The owners that a fixture names, as the API server would give them. */
function ownersOf({ owners }: Fixture): Owners {
  return {
    controllerOf: async ({ apiVersion, kind, name }) => {
      const owner = owners.find(
        (other) => other.apiVersion === apiVersion && other.kind === kind && other.name === name,
      );
      if (owner === undefined) throw new Error(`the fixture does not say who owns ${kind} ${name}`);
      return { controller: controllerReference(owner.ownerReferences), isFinal: true };
    },
  };
}

describe('examples/library/', () => {
  const sandbox = new SandboxHost({ logger: silentLogger });
  const plugins = new Map<string, LuaPlugin>();

  before('start the sandbox and load every plugin', async () => {
    await sandbox.start();
    for (const { name, text } of library) {
      const result = validateLuaPlugin(parse(text));
      if (!result.ok) expect.fail(`${name}: ${formatFieldErrors(result.errors)}`);
      plugins.set(name, result.plugin);
      expect(await loadExample(sandbox, name, result.plugin), name).to.equal(undefined);
    }
  });
  after('stop the sandbox', () => sandbox.stop());

  for (const { name, text } of library) {
    it(`${name} says the same where YAML 1.1 is read, as kubectl does, to whom a bare y is true`, () => {
      expect(parse(text, { version: '1.1' })).to.deep.equal(parse(text));
    });
  }

  function pluginOf(name: string): LuaPlugin {
    return plugins.get(name) ?? expect.fail(`${name} is not loaded`);
  }

  function priorityOf(name: string): number {
    return pluginOf(name).spec.priority;
  }

  it('has at least 45 plugins', () => {
    expect(library.length).to.be.at.least(45);
  });

  it('has an index that is up to date', async () => {
    const script = fileURLToPath(new URL('../../build/generate/library.ts', import.meta.url));
    await promisify(execFile)(process.execPath, [script, '--check']);
    expect(await readFile(new URL('README.md', folder), 'utf8')).to.equal(renderIndex(library));
  });

  it('has an index with a row for each Pod, the plugin named once', () => {
    const [first] = everyFixture;
    if (first === undefined) expect.fail('there is no fixture');
    const fixture = {
      ...first,
      operator: 'Kit',
      version: '1.0',
      expect: { type: 'Kit', name: 'a' },
      standard: { type: 'Pod', name: 'a-0' },
    };
    const fixtures = [
      { ...fixture, pod: 'a server' },
      { ...fixture, pod: 'a client' },
    ];
    expect(renderIndex([{ name: 'kit', text: '', fixtures }])).to.match(
      /\n\| \[kit\]\(kit\/README\.md\) \| Kit 1\.0 \| a server \| `Kit a` \| `Pod a-0` \|\n\| {2}\| Kit 1\.0 \| a client \| `Kit a` \| `Pod a-0` \|\n$/,
    );
  });

  it('fails on no Pod, whatever it looks like', async () => {
    const programs = library.map(({ name }) => name);
    const pods = [...everyFixture.map(({ metadata }) => metadata), ...oddPods];
    const calls = pods.flatMap((metadata) =>
      programs.map((program) => ({ metadata: JSON.stringify(metadata), programs: [program] })),
    );
    const steps = (await sandbox.evaluate(calls)).flat();
    expect(steps.length).to.equal(calls.length);
    expect(steps.filter(({ answer }) => answer.result === 'error')).to.deep.equal([]);
  });

  for (const { name, text, fixtures } of library) {
    describe(name, () => {
      it('is named after its folder, has a README, and begins with what it does and how to apply it', () => {
        expect(pluginOf(name).metadata.name).to.equal(name);
        expect(existsSync(new URL(`${name}/README.md`, folder))).to.equal(true);
        expect(text).to.match(/^# Shows .+\n(#.*\n)*# {3}kubectl apply -f examples\/library\/.+\n/);
        expect(text).to.contain(`kubectl apply -f examples/library/${name}/luaplugin.yaml\n`);
      });

      it('has parameters with a schema that takes no others', () => {
        expect(pluginOf(name).spec.parametersSchema).to.include({ additionalProperties: false });
      });

      it('passes its own tests in the sandbox, within its own memory', async () => {
        const { tests = [] } = pluginOf(name).spec;
        const { report } = await runTests(name, tests, sandbox);
        expect(report).to.deep.equal({ passed: tests.length, failed: 0, failures: [] });
      });

      it('tests every Pod of its fixtures, and one that it skips', () => {
        const { tests = [] } = pluginOf(name).spec;
        const tested = tests.flatMap((test) => ('type' in test.expect ? [test.metadata.name] : []));
        expect(tested).to.include.members(fixtures.map(({ metadata }) => metadata.name));
        expect(tests.some((test) => 'skip' in test.expect)).to.equal(true);
      });

      it('answers otherwise about one of its Pods with each switch in its parameters', async () => {
        const plugin = pluginOf(name);
        for (const [key, value] of Object.entries(plugin.spec.parameters ?? {})) {
          if (typeof value !== 'boolean') continue;
          const program = `${name} with ${key}: ${!value}`;
          const parameters = { ...plugin.spec.parameters, [key]: !value };
          const switched = { ...plugin, spec: { ...plugin.spec, parameters } };
          expect(await loadExample(sandbox, program, switched), program).to.equal(undefined);
          const answers = (
            await sandbox.evaluate(
              fixtures.map(({ metadata }) => ({ metadata: JSON.stringify(metadata), programs: [program] })),
            )
          ).map(([step]) => step?.answer);
          expect(answers.filter((answer) => answer?.result === 'error')).to.deep.equal([]);
          const before = fixtures.map((fixture) => ({ result: 'resolved', ...fixture.expect }));
          expect(answers, program).not.to.deep.equal(before);
        }
      });

      it('is asked about its own Pods, and resolves none of a plugin that is asked after it', async () => {
        const matches = compileMatch(pluginOf(name).spec.match, () => undefined);
        const asked = library.flatMap((other) =>
          priorityOf(other.name) > priorityOf(name)
            ? []
            : other.fixtures.filter(({ metadata }) => matches(metadata)),
        );
        if (!asksMore.has(name)) expect(asked).to.deep.equal(fixtures);
        expect(asked).to.include.members(fixtures);
        expect(matches({ namespace: 'default' })).to.equal(false);
        const others = asked.filter((fixture) => !fixtures.includes(fixture));
        const steps = await sandbox.evaluate(
          others.map(({ metadata }) => ({ metadata: JSON.stringify(metadata), programs: [name] })),
        );
        for (const [step] of steps) expect(step?.answer).to.deep.equal({ result: 'skipped' });
      });

      it('says of each fixture where its facts were read', () => {
        for (const { source } of fixtures) {
          expect(source).to.have.length.above(0);
          for (const place of source) expect(place).to.match(/^[\w.-]+\/[\w.-]+ \S+/);
        }
      });

      for (const fixture of fixtures) {
        it(`resolves ${fixture.pod} of ${fixture.operator} ${fixture.version}`, async () => {
          const [steps] = await sandbox.evaluate([
            { metadata: JSON.stringify(fixture.metadata), programs: [name] },
          ]);
          expect(steps?.[0]?.answer).to.deep.equal({ result: 'resolved', ...fixture.expect });
        });

        it(`says truly what standard resolution makes of ${fixture.pod}`, async () => {
          const { type, name: standard } = await resolveStandard(fixture.metadata, ownersOf(fixture));
          expect({ type, name: standard }).to.deep.equal(fixture.standard);
        });
      }
    });
  }
});
