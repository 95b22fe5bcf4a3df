import { expect } from 'chai';
import { readPods } from '../../../luaplugin/input/pods.ts';
import { InputError } from '../../../luaplugin/program/errors.ts';
import { fakeIo } from './fake-io.ts';

async function read(input: unknown) {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  return await readPods('-', fakeIo(text));
}

async function problem(input: unknown): Promise<string> {
  try {
    await read(input);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

/** What a plugin would get. */
async function seen(input: unknown): Promise<unknown[]> {
  return (await read(input)).pods.map(({ metadata }) => JSON.parse(metadata));
}

describe('Pods as input', () => {
  it('are taken as a Pod, as its bare metadata, in a List, and in several documents', async () => {
    const metadata = { name: 'a', namespace: 'n' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: {} };
    expect(await seen(metadata)).to.deep.equal([metadata]);
    expect(await seen(pod)).to.deep.equal([metadata]);
    expect(await seen({ kind: 'List', items: [pod, pod] })).to.deep.equal([metadata, metadata]);
    expect(await seen({ kind: 'PodList', items: [{ metadata, spec: {} }] })).to.deep.equal([metadata]);
    expect(await seen('name: a\n---\n---\nkind: Pod\nmetadata:\n  name: b\n')).to.deep.equal([
      { name: 'a' },
      { name: 'b' },
    ]);
  });

  it("come without managedFields and the operator's own annotations, as plugins see them", async () => {
    const own = { 'luaplugin.dev/workload-type': 'Job', 'luaplugin.dev/resolved-by': 'standard' };
    const metadata = { name: 'a', resourceVersion: '7', managedFields: [{}], annotations: own };
    expect(await seen(metadata)).to.deep.equal([{ name: 'a', resourceVersion: '7' }]);
    expect(await seen({ name: 'a', annotations: { ...own, other: 'x' } })).to.deep.equal([
      { name: 'a', annotations: { other: 'x' } },
    ]);
  });

  it('bring the labels of Namespaces along', async () => {
    const { pods, namespaces } = await read({
      kind: 'List',
      items: [
        { kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'a' } } },
        { kind: 'Pod', metadata: { name: 'p' } },
      ],
    });
    expect(pods).to.have.length(1);
    expect([...namespaces]).to.deep.equal([['shop', { team: 'a' }]]);
  });

  it('may have keys without a value, as the API server takes them', async () => {
    expect(await seen('name: a\nlabels:\n')).to.deep.equal([{ name: 'a' }]);
  });

  for (const [what, input, message] of [
    ['nothing', '', /^\(stdin\): holds no Pod; give Pods as "kubectl get pods -o json"/],
    ['an empty List', { kind: 'List', items: [] }, /holds no Pod/],
    ['a list', '[]', /^\(stdin\): the document must be an object, not an array/],
    ['a text', 'hello', /must be an object, not a string/],
    ['another kind', { kind: 'Deployment', metadata: {} }, /holds a Deployment, not a Pod/],
    ['another kind in a List', { kind: 'List', items: [{ kind: 'Job' }] }, /items\[0\] is a Job, not a Pod/],
    ['a Pod without metadata', { kind: 'Pod' }, /metadata: must be an object, not null/],
    [
      'labels that are no text',
      { kind: 'List', items: [{ kind: 'Pod', metadata: { labels: { 'a.b/c': 1 } } }] },
      /items\[0\]\.metadata\.labels\[a\.b\/c\]: must be a string, not a number/,
    ],
    ['owners that are no list', { ownerReferences: {} }, /ownerReferences: must be an array, not an object/],
    ['half a JSON document', '{"a": [1,\n', /^\(stdin\):\d: is no YAML: /],
    ['a document that holds itself', 'a: &a [*a]', /^\(stdin\):1: its YAML aliases/],
  ] as const) {
    it(`are refused in one line when the input is ${what}`, async () => {
      expect(await problem(input))
        .to.match(message)
        .and.not.contain('\n');
    });
  }

  it('are refused when the input is not UTF-8', async () => {
    const error = await readPods('-', fakeIo(Uint8Array.of(0xff, 0xfe))).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(InputError).with.property('message').that.contains('is not UTF-8 text');
  });
});
