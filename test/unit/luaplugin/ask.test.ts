import { expect } from 'chai';
import {
  askAboutPods,
  errorLines,
  ignoresNamespaceSelector,
  type PodResult,
  resultTable,
} from '../../../luaplugin/commands/run.ts';
import type { PodInput } from '../../../luaplugin/input/pods.ts';
import type { LocatedPlugin } from '../../../luaplugin/input/valid-plugin.ts';
import type { Match } from '../../../operator/api/generated.ts';
import { makePlugin } from '../support/builders.ts';
import { failing, resolved, ScriptedSandbox } from '../support/scripted-sandbox.ts';

function setUp(match?: Match) {
  const sandbox = new ScriptedSandbox();
  const program = { id: 'p', plugin: 'p', script: 's', limits: { timeoutMs: 50, memoryBytes: 2 ** 24 } };
  sandbox.loaded.set('p', program);
  const located: LocatedPlugin = {
    file: 'p.yaml',
    line: 1,
    plugin: makePlugin('p', match === undefined ? {} : { match }),
    lineOf: () => 1,
    diagnosticOf: ({ message, line = 0 }) => ({ file: 'p.yaml', line: line + 10, message }),
  };
  return { sandbox, located };
}

function pod(name: string, namespace = 'shop', labels: Record<string, string> = {}): PodInput {
  return { name, namespace, metadata: JSON.stringify({ name }), matchable: { namespace, labels } };
}

const none = new Map<string, Record<string, string>>();

describe('asking about Pods', () => {
  it('asks only about those that match, and answers for all in their order', async () => {
    const { sandbox, located } = setUp({ podSelector: { matchLabels: { app: 'web' } } });
    sandbox.answers.set('s', () => resolved('Deployment', 'web'));
    const pods = [pod('a'), pod('b', 'shop', { app: 'web' })];
    const results = await askAboutPods('p', located, { pods, namespaces: none }, sandbox, () => {});
    expect(results).to.deep.equal([
      { namespace: 'shop', pod: 'a', result: 'unmatched' },
      { namespace: 'shop', pod: 'b', result: 'resolved', type: 'Deployment', name: 'web', seconds: 0.001 },
    ]);
  });

  it('looks at namespaceSelector when the Namespaces are known, and says when it does not', async () => {
    const { sandbox, located } = setUp({ namespaceSelector: { matchLabels: { team: 'a' } } });
    const pods = [pod('a', 'shop'), pod('b', 'other')];
    const known = { pods, namespaces: new Map<string, Record<string, string>>([['shop', { team: 'a' }]]) };
    const unknown = { pods, namespaces: none };
    const results = async (inputs: typeof known) =>
      (await askAboutPods('p', located, inputs, sandbox, () => {})).map(({ result }) => result);
    expect(await results(known)).to.deep.equal(['skipped', 'unmatched']);
    expect(await results(unknown)).to.deep.equal(['skipped', 'skipped']);
    expect([
      ignoresNamespaceSelector(located, known),
      ignoresNamespaceSelector(located, unknown),
    ]).to.deep.equal([false, true]);
  });

  it('asks about thousands in portions and tells how far it is', async () => {
    const { sandbox, located } = setUp();
    const done: number[] = [];
    const pods = Array.from({ length: 2_500 }, (_, index) => pod(`p-${index}`));
    const results = await askAboutPods('p', located, { pods, namespaces: none }, sandbox, (share) =>
      done.push(share),
    );
    expect(results.at(-1)).to.include({ pod: 'p-2499', result: 'skipped' });
    expect(done).to.deep.equal([0.4, 0.8, 1]);
  });

  it('gives an error its place in the file', async () => {
    const { sandbox, located } = setUp();
    sandbox.answers.set('s', () => failing({ reason: 'runtime', message: 'boom', line: 2 }));
    const [result] = await askAboutPods(
      'p',
      located,
      { pods: [pod('a')], namespaces: none },
      sandbox,
      () => {},
    );
    expect(result?.error).to.deep.equal({ reason: 'runtime', file: 'p.yaml', line: 12, message: 'boom' });
  });
});

describe('the results of a run', () => {
  const error = { reason: 'runtime', file: 'p.yaml', line: 12, message: 'boom' };
  const results: PodResult[] = [
    {
      namespace: 'shop',
      pod: 'a',
      result: 'resolved',
      type: 'Job',
      name: 'x',
      seconds: 0.000_02,
      output: 'one\n\ntwo\n',
    },
    { pod: 'b', result: 'error', error, seconds: 0.05, output: '\u001b[2J\n' },
    { namespace: 'shop', result: 'error', error, seconds: 0.05 },
    { result: 'unmatched' },
  ];

  it('are a table, and under it what the script printed, each line with its Pod', () => {
    expect(resultTable(results)).to.equal(
      [
        'POD      TYPE   NAME   RESULT            TIME',
        'shop/a   Job    x      resolved          20µs',
        'b        -      -      error (runtime)   50.0ms',
        'shop/?   -      -      error (runtime)   50.0ms',
        '-        -      -      unmatched         -',
        '',
        '[shop/a] one',
        '[shop/a] ',
        '[shop/a] two',
        '[b] \ufffd[2J',
        '',
      ].join('\n'),
    );
  });

  it('name each error once, with its Pods', () => {
    expect(errorLines(results)).to.deep.equal(['p.yaml:12: boom [b and 1 more]']);
    expect(errorLines(results.slice(0, 2))).to.deep.equal(['p.yaml:12: boom [b]']);
  });
});
