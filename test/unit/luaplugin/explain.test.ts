import { expect } from 'chai';
import type { Asked } from '../../../luaplugin/commands/explain/ask-plugins.ts';
import { candidateOf, matchProblem } from '../../../luaplugin/commands/explain/candidate-plugin.ts';
import { carriedAnnotations } from '../../../luaplugin/commands/explain/carried-annotations.ts';
import { podReference, readWriteRefusals } from '../../../luaplugin/commands/explain/cluster-state.ts';
import { followOwners } from '../../../luaplugin/commands/explain/owner-chain.ts';
import { judge, type VerdictInput } from '../../../luaplugin/commands/explain/verdict.ts';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { OwnerReference } from '../../../operator/kube/client/types.ts';
import {
  AnnotationKeys,
  annotationsFor,
  noAnnotations,
} from '../../../operator/pods/annotations/annotations.ts';
import { endNote, refusalNote, writeTexts } from '../../../operator/pods/refusals/refusal-texts.ts';
import { builtInKinds } from '../../../operator/workloads/kind-rules.ts';
import type { OwnerAnswer } from '../../../operator/workloads/standard.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makeOwner, makePlugin, makePod } from '../support/builders.ts';

const keys = new AnnotationKeys('luaplugin.dev');
const active = { number: 2, hash: 'abc', generation: 1 };

/** @param reason of the condition Ready, which is True for Serving and Dormant */
function plugin(spec: Partial<LuaPluginSpec>, reason: string, serves = true): LuaPlugin {
  const status = ['Serving', 'Dormant'].includes(reason) ? ('True' as const) : ('False' as const);
  return {
    ...makePlugin('p', spec),
    status: {
      observedGeneration: 1,
      ...(serves ? { activeRevision: active } : {}),
      conditions: [
        {
          type: 'Ready',
          status,
          reason,
          message: 'why',
          observedGeneration: 1,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  };
}

describe("a plugin's part in the answer", () => {
  const pod = { namespace: 'shop', labels: { app: 'cart' } };
  const part = (object: LuaPlugin, stored?: Parameters<typeof candidateOf>[0]['stored']) =>
    candidateOf({ plugin: object, pod, namespaceLabels: () => undefined, stored });
  const stored = {
    ...active,
    objectName: 'p-uid-2',
    plugin: { name: 'p', uid: 'uid-of-p' },
    storedAt: undefined,
    spec: { script: '-- good', limits: { timeout: '1s', memory: '16Mi' } },
  };

  it('is what its spec says while that serves', () => {
    const { role, serving, note } = part(plugin({ script: '-- now' }, 'Serving'));
    expect([role, serving?.plugin.spec.script, note]).to.deep.equal(['ask', '-- now', undefined]);
  });

  it('is what serves when the latest generation does not', () => {
    const { role, serving, note } = part(plugin({ script: 'no lua', priority: 3 }, 'CompileError'), stored);
    expect([role, serving?.plugin.spec.script, serving?.plugin.spec.limits.timeout]).to.deep.equal([
      'ask',
      '-- good',
      '1s',
    ]);
    expect(note).to.equal('generation 1: CompileError: why; revision 2 goes on serving');
  });

  it('is not known when what serves is not kept', () => {
    expect(part(plugin({ script: 'no lua' }, 'CompileError')).role).to.equal('unknown');
  });

  it('is none when it is suspended, dormant, or does not match', () => {
    expect(part(plugin({ suspend: true }, 'Suspended')).note).to.equal('suspended (spec.suspend)');
    const dormant = part(plugin({}, 'Dormant', false));
    expect([dormant.role, dormant.note]).to.deep.equal(['out', 'dormant: why']);
    const other = part(plugin({ match: { namespaces: { include: ['x'] } } }, 'Serving'));
    expect([other.role, other.note]).to.deep.equal(['out', 'spec.match.namespaces leaves this Pod out']);
  });

  it('is to keep what it had said while none of its revisions serves', () => {
    expect(part(plugin({}, 'CompileError', false))).to.include({ role: 'keeps', isUnseen: false });
    expect(part(makePlugin('p'))).to.include({ role: 'keeps', isUnseen: true });
  });

  it('names the first condition of match that the Pod does not meet', () => {
    const labels = () => ({ tier: 'gold' });
    const problem = (match: LuaPluginSpec['match']) => matchProblem(match, pod, labels);
    expect(problem(undefined)).to.equal(undefined);
    expect(problem({ namespaceSelector: { matchLabels: { tier: 'gold' } } })).to.equal(undefined);
    expect(problem({ namespaceSelector: { matchLabels: { tier: 'tin' } } })).to.contain('namespaceSelector');
    expect(problem({ podSelector: { matchLabels: { app: 'x' } }, owners: [{ kind: 'Job' }] })).to.contain(
      'podSelector',
    );
    expect(problem({ owners: [{ kind: 'Job' }] })).to.contain('owners');
  });
});

describe('the chain of owners', () => {
  const follow = (first: OwnerReference | undefined, answers: Record<string, OwnerAnswer>) => {
    const pod = makePod(first === undefined ? {} : { ownerReferences: [first] }).metadata;
    const owners = {
      controllerOf: async ({ kind }: OwnerReference) =>
        answers[kind] ?? { controller: undefined, isFinal: true },
    };
    return followOwners(pod, owners, builtInKinds);
  };
  const set = makeOwner('apps/v1', 'ReplicaSet', 'web-1');

  for (const [what, first, answers, workload, end] of [
    ['a bare Pod', undefined, {}, 'Pod web-0', 'it has no owner'],
    [
      'a Deployment',
      set,
      { ReplicaSet: { controller: makeOwner('apps/v1', 'Deployment', 'web'), isFinal: true } },
      'Deployment web',
      'Deployment is a workload',
    ],
    ['an orphaned ReplicaSet', set, {}, 'ReplicaSet web-1', 'ReplicaSet has no owner, or is gone'],
    [
      'a kind that must not be read',
      makeOwner('x.io/v1', 'Thing', 't'),
      { Thing: { controller: undefined, isFinal: false } },
      'Thing t',
      'Thing is not served by the cluster, or you have no right to read it',
    ],
    [
      'a kind that nobody knows under a loose reference',
      set,
      {
        ReplicaSet: {
          controller: { ...makeOwner('x.io/v1', 'Thing', 't'), controller: false },
          isFinal: true,
        },
      },
      'ReplicaSet web-1',
      'the reference to Thing has no "controller: true", and a Thing is not known to own so',
    ],
    [
      "another project's kind",
      makeOwner('x.io/v1', 'Thing', 't'),
      { Thing: { controller: makeOwner('y.io/v1', 'Other', 'o'), isFinal: true } },
      'Thing t',
      'no rule knows Thing, and Other is of another project',
    ],
    ['a Secret', makeOwner('v1', 'Secret', 's'), {}, 'Pod web-0', 'a Secret is no workload, and is not read'],
    ['a static Pod', makeOwner('v1', 'Node', 'n'), {}, 'StaticPod web-0', 'the mirror of a static Pod'],
  ] as const) {
    it(`of ${what} ends where standard resolution does`, async () => {
      const chain = await follow(first, answers);
      expect(`${chain.workload.type} ${chain.workload.name}`).to.equal(workload);
      expect(chain.end).to.equal(end);
    });
  }
});

describe('who wrote an annotation', () => {
  it('is the manager whose fields it is among', () => {
    const annotations = { [keys.type]: 'Job', [keys.name]: 'a' };
    const fields = (key: string) => ({ 'f:metadata': { 'f:annotations': { [`f:${key}`]: {} } } });
    const managedFields = [
      { manager: 'kubelet', fieldsV1: { 'f:status': {} } },
      { manager: 'lua-plugin-operator', time: '2026-01-01T00:00:00Z', fieldsV1: fields(keys.type) },
      { manager: 'kubectl-annotate', fieldsV1: fields(keys.name) },
    ];
    expect(carriedAnnotations({ annotations, managedFields }, keys)).to.deep.equal([
      { key: keys.type, value: 'Job', writtenBy: 'lua-plugin-operator', writtenAt: '2026-01-01T00:00:00Z' },
      { key: keys.name, value: 'a', writtenBy: 'kubectl-annotate' },
    ]);
    expect(carriedAnnotations({ annotations: { [keys.type]: 'Job' } }, keys)).to.deep.equal([
      { key: keys.type, value: 'Job' },
    ]);
    expect(carriedAnnotations({}, keys)).to.deep.equal([]);
  });
});

describe('the verdict', () => {
  const wanted = annotationsFor({ type: 'Job', name: 'a' }, 'LuaPlugin/p');
  const asked: Asked = {
    decision: { action: 'carry', annotations: wanted, retryMs: undefined },
    steps: new Map(),
    broken: new Map(),
  };
  const verdict = (over: Partial<VerdictInput>) =>
    judge({
      namespace: 'shop',
      isInScope: true,
      isBeingDeleted: false,
      isFinished: false,
      skipsFinished: undefined,
      refusals: [],
      carried: noAnnotations,
      mirror: undefined,
      annotations: [],
      candidates: [],
      asked,
      chain: { workload: { type: 'Pod', name: 'x', isFinal: true }, owners: [], end: 'it has no owner' },
      ...over,
    });
  const candidate = { name: 'p', priority: 0, mode: 'Enforce', role: 'ask', isUnseen: false } as const;
  const old = annotationsFor({ type: 'Job', name: 'old' }, 'LuaPlugin/gone');

  for (const [what, over, asExpected, message] of [
    ['the Pod carries what it should', { carried: wanted }, true, /^it carries Job a by LuaPlugin\/p$/],
    [
      'its namespace is left out',
      { isInScope: false },
      true,
      /leaves the namespace shop out; it carries no workload/,
    ],
    ['it is being deleted', { isBeingDeleted: true }, true, /being deleted/],
    [
      'a plugin fails that had resolved it',
      { carried: wanted, asked: { ...asked, decision: { action: 'keep', plugin: 'p', retryMs: undefined } } },
      true,
      /^Job a by LuaPlugin\/p stays: LuaPlugin\/p had said so/,
    ],
    [
      'nobody has written yet',
      {},
      false,
      /should carry Job a by LuaPlugin\/p: .*is it running, .*does nobody refuse the write \(docs\/alerts\.md, LuaPluginWritesRefused\)/,
    ],
    [
      'nobody has written yet, and the Events must not be read',
      { refusals: undefined },
      false,
      /LuaPluginWritesRefused; you may not read the Events/,
    ],
    [
      'somebody refuses the writes',
      { refusals: [{ refuser: 'RBAC', at: 'noon' }] },
      false,
      /: RBAC refuses the operator's annotations on Pods of the namespace shop, the last time at noon/,
    ],
    [
      'two refuse the writes',
      { refusals: ['admission webhook x', 'quota q'].map((refuser) => ({ refuser, at: 'noon' })) },
      false,
      /: admission webhook x and quota q refuse the operator's/,
    ],
    [
      'it has finished, and the config leaves such Pods out',
      { isFinished: true, skipsFinished: true },
      true,
      /should carry Job a by LuaPlugin\/p; it has finished, .*\(skipFinishedPods\)$/,
    ],
    [
      'it has finished, and no config is known',
      { isFinished: true },
      false,
      /: it has finished, .*skipFinishedPods \(give its file with --config\)/,
    ],
    [
      'it has finished, and the config does not leave such Pods out',
      { isFinished: true, skipsFinished: false },
      false,
      /: the operator has not written it yet/,
    ],
    [
      'a plugin can not be asked here',
      { candidates: [{ ...candidate, role: 'unknown' }] },
      false,
      /LuaPlugin\/p can't be asked here/,
    ],
    [
      'a plugin is too slow here',
      {
        asked: {
          ...asked,
          steps: new Map([
            [
              'p',
              {
                program: 'p',
                seconds: 1,
                answer: { result: 'error', failure: { reason: 'timeout', message: '' } },
              },
            ],
          ]),
        },
      },
      false,
      /LuaPlugin\/p was too slow here/,
    ],
    [
      'somebody else wrote it',
      { carried: old, annotations: [{ key: keys.name, value: 'old', writtenBy: 'me', writtenAt: 'noon' }] },
      false,
      /: me wrote luaplugin\.dev\/workload-name at noon;/,
    ],
    [
      'the operator has not seen a plugin',
      { candidates: [{ ...candidate, isUnseen: true, note: 'no' }] },
      false,
      /LuaPlugin\/p: no; is the operator running/,
    ],
    [
      'its plugin is gone',
      { carried: old, candidates: [candidate] },
      false,
      /LuaPlugin\/gone is not there any more/,
    ],
  ] as const) {
    it(`is told when ${what}`, () => {
      const told = verdict(over as Partial<VerdictInput>);
      expect(told.asExpected).to.equal(asExpected);
      expect(told.message).to.match(message);
    });
  }

  describe('where the config has a mirror', () => {
    const { mirror } = new AnnotationKeys('luaplugin.dev', { labels: true, openTelemetry: true });
    const own = {
      'luaplugin.dev/workload-type': 'Job',
      'luaplugin.dev/workload-name': 'a',
      'resource.opentelemetry.io/k8s.job.name': 'a',
    };
    const mirrored = (has: Readonly<Record<string, string>>, foreign: readonly string[] = []) =>
      verdict({ carried: { ...wanted, mirrored: { own: has, foreign } }, mirror });

    it('names what is missing, and why that may be', () => {
      const { asExpected, message } = verdict({ carried: wanted, mirror });
      expect(asExpected).to.equal(false);
      expect(message).to.match(
        /^it carries Job a by LuaPlugin\/p, and should carry the label luaplugin\.dev\/workload-type=Job, the label luaplugin\.dev\/workload-name=a, the annotation resource\.opentelemetry\.io\/k8s\.job\.name=a \(mirror\): .*config\/policy/,
      );
    });

    it('names what is left over', () => {
      const { message } = mirrored({ ...own, 'resource.opentelemetry.io/k8s.deployment.name': 'old' });
      expect(message).to.contain(
        'should carry no annotation resource.opentelemetry.io/k8s.deployment.name (mirror)',
      );
    });

    it("is as expected when it is all there, or what is not is somebody else's", () => {
      expect(mirrored(own)).to.deep.equal({ asExpected: true, message: 'it carries Job a by LuaPlugin/p' });
      const { 'luaplugin.dev/workload-name': _, ...others } = own;
      expect(mirrored(others, ['luaplugin.dev/workload-name']).asExpected).to.equal(true);
    });

    it('names the workload first when that differs, too', () => {
      expect(verdict({ mirror }).message).to.match(
        /^it carries no workload, and should carry Job a by LuaPlugin\/p with the label .* \(mirror\): .*is it running/,
      );
    });
  });

  it('says that an owner was hidden where standard resolution decides', () => {
    const standard = annotationsFor({ type: 'Thing', name: 't' }, 'standard');
    const { message } = verdict({
      asked: { ...asked, decision: { action: 'carry', annotations: standard, retryMs: undefined } },
      chain: { workload: { type: 'Thing', name: 't', isFinal: false }, owners: [], end: 'Thing is hidden' },
    });
    expect(message).to.match(/: Thing is hidden; the operator may see more of its owners$/);
  });
});

describe('who refuses the writes to Pods of a namespace', () => {
  const event = (refuser: string, minute: number, last?: number) => ({
    reason: 'WriteRefused',
    note: refusalNote(refuser, writeTexts, 'Refused on Pod shop/a: it refuses what it refused x: no'),
    eventTime: `2026-01-01T00:0${minute}:00.000000Z`,
    ...(last === undefined ? {} : { series: { lastObservedTime: `2026-01-01T00:0${last}:00.000000Z` } }),
  });
  const end = (refuser: string, minute: number) => ({
    ...event(refuser, minute),
    reason: 'WriteRefusalEnded',
    note: endNote(refuser, writeTexts),
  });

  it('is told by the Events about the Namespace, the latest of each who refuses', async () => {
    const client = new FakeClient();
    const others = [{}, { reason: 'Other', note: 'nothing', eventTime: null }];
    client.answer({
      items: [
        ...[event('RBAC', 3), event('RBAC', 1), event('quota q', 2, 6)],
        ...[
          event('webhook a', 4),
          end('webhook a', 5),
          end('webhook b', 1),
          event('webhook b', 2),
          ...others,
        ],
      ],
    });
    expect(await readWriteRefusals(client, 'shop')).to.deep.equal([
      { refuser: 'quota q', at: '2026-01-01T00:06:00.000000Z' },
      { refuser: 'RBAC', at: '2026-01-01T00:03:00.000000Z' },
      { refuser: 'webhook b', at: '2026-01-01T00:02:00.000000Z' },
    ]);
    expect(client.calls[0]?.query?.fieldSelector).to.equal('regarding.kind=Namespace,regarding.name=shop');
  });

  it('is not known, and no error, where the Events must not be read', async () => {
    const client = new FakeClient();
    client.refuse(new ApiError(403, { kind: 'Status', reason: 'Forbidden' }));
    expect(await readWriteRefusals(client, 'shop')).to.equal(undefined);
  });
});

describe("a Pod's name on the command line", () => {
  it('is NAMESPACE/NAME, or a name in a namespace from elsewhere', () => {
    expect(podReference('a/b', undefined, 'd')).to.deep.equal({ namespace: 'a', name: 'b' });
    expect(podReference('b', undefined, 'd')).to.deep.equal({ namespace: 'd', name: 'b' });
    expect(podReference('b', 'n', 'd')).to.deep.equal({ namespace: 'n', name: 'b' });
    expect(podReference('n/b', 'n', 'd')).to.deep.equal({ namespace: 'n', name: 'b' });
    for (const odd of ['', 'a/', '/b', 'a/b/c', '../x', 'A']) {
      expect(() => podReference(odd, undefined, 'd'), odd).to.throw('names no Pod');
    }
    expect(() => podReference('a/b', 'c', 'd')).to.throw('two namespaces');
  });
});
