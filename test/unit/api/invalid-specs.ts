/**
 * Specs that both the API server and validateLuaPlugin refuse; shared by the unit test and by the test on a real
 * API server.
 */
export interface InvalidSpec {
  /** What is wrong. */
  readonly title: string;
  readonly spec: unknown;
  /** Where validateLuaPlugin says so, and what it says. */
  readonly path: string;
  readonly message: string;
  /** What the API server's answer has in it, where it words it otherwise. */
  readonly server?: string;
}

const script = 'function GetWorkloadTypeAndName() return "", "" end';
const ref = { namespace: 'default', name: 'scripts', key: 'main.lua' };

function withTest(test: object) {
  return { script, tests: [{ name: 'a', metadata: {}, expect: { skip: true }, ...test }] };
}

function withExpect(expect: object) {
  return withTest({ expect });
}

function withRequirement(requirement: object) {
  return { script, match: { podSelector: { matchExpressions: [requirement] } } };
}

const oneExpectation = 'set exactly one of these: type and name, skip: true, or error';
const selectorValues =
  'set values for the operators In and NotIn, and leave them out for Exists and DoesNotExist';
const globMessage =
  "must be a namespace's name or a glob, * stands for any characters (at most four of them) and ? for one";
const timeoutMessage = 'must be a whole number of ms or s from 10ms to 10s, for instance 50ms or 1s';
const memoryMessage = 'must be a quantity of bytes from 4Mi to 256Mi, for instance 32Mi or 64M';
const groupMessage = 'must be an API group without its version, for instance apps.kruise.io';

/** One broken CEL rule each. */
export const brokenRules: readonly InvalidSpec[] = [
  {
    title: 'neither script nor scriptFrom',
    spec: {},
    path: 'spec',
    message: 'set script (the Lua source itself) or scriptFrom (the ConfigMap that holds it), one of the two',
  },
  {
    title: 'both script and scriptFrom',
    spec: { script, scriptFrom: { configMapKeyRef: ref } },
    path: 'spec',
    message: 'script and scriptFrom exclude each other, remove one of the two',
  },
  {
    title: 'a timeout that is no duration',
    spec: { script, limits: { timeout: '5 parsecs' } },
    path: 'spec.limits.timeout',
    message: timeoutMessage,
  },
  {
    title: 'a timeout below the least',
    spec: { script, limits: { timeout: '9ms' } },
    path: 'spec.limits.timeout',
    message: timeoutMessage,
  },
  {
    title: 'a timeout above the most',
    spec: { script, limits: { timeout: '1m' } },
    path: 'spec.limits.timeout',
    message: timeoutMessage,
  },
  {
    title: 'memory that is no quantity',
    spec: { script, limits: { memory: 'lots' } },
    path: 'spec.limits.memory',
    message: memoryMessage,
  },
  {
    title: 'memory below the least',
    spec: { script, limits: { memory: '4M' } },
    path: 'spec.limits.memory',
    message: memoryMessage,
  },
  {
    title: 'memory above the most',
    spec: { script, limits: { memory: '1Gi' } },
    path: 'spec.limits.memory',
    message: memoryMessage,
  },
  {
    title: 'a namespace glob with characters that no namespace has',
    spec: { script, match: { namespaces: { include: ['Team_*'] } } },
    path: 'spec.match.namespaces.include[0]',
    message: globMessage,
  },
  {
    title: 'a namespace glob with five stars',
    spec: { script, match: { namespaces: { exclude: ['*a*a*a*a*'] } } },
    path: 'spec.match.namespaces.exclude[0]',
    message: globMessage,
  },
  {
    title: 'an owner whose group has a version',
    spec: { script, match: { owners: [{ apiGroup: 'apps/v1', kind: 'ReplicaSet' }] } },
    path: 'spec.match.owners[0].apiGroup',
    message: groupMessage,
  },
  {
    title: 'a required group with a version',
    spec: { script, requires: { apiGroups: ['apps/v1'] } },
    path: 'spec.requires.apiGroups[0]',
    message: groupMessage,
  },
  {
    title: 'the operator In without values',
    spec: withRequirement({ key: 'app', operator: 'In' }),
    path: 'spec.match.podSelector.matchExpressions[0]',
    message: selectorValues,
  },
  {
    title: 'the operator Exists with values',
    spec: withRequirement({ key: 'app', operator: 'Exists', values: ['x'] }),
    path: 'spec.match.podSelector.matchExpressions[0]',
    message: selectorValues,
  },
  {
    title: 'a test that expects nothing',
    spec: withExpect({}),
    path: 'spec.tests[0].expect',
    message: oneExpectation,
  },
  {
    title: 'a test that expects two things',
    spec: withExpect({ type: 'Deployment', name: 'web', error: 'x' }),
    path: 'spec.tests[0].expect',
    message: oneExpectation,
  },
  {
    title: 'a test that expects a type without a name',
    spec: withExpect({ type: 'Deployment' }),
    path: 'spec.tests[0].expect',
    message: 'set type and name together, a workload has both',
  },
];

/** One breach of the schema itself each. */
export const brokenSchema: readonly InvalidSpec[] = [
  { title: 'no spec', spec: undefined, path: 'spec', message: 'is required', server: 'Required value' },
  {
    title: 'an unknown field',
    spec: { scrpt: script, script },
    path: 'spec.scrpt',
    message: 'unknown field; did you mean "script"?',
    server: 'unknown field "spec.scrpt"',
  },
  {
    title: 'an empty script',
    spec: { script: '' },
    path: 'spec.script',
    message: 'must not be empty',
    server: 'at least 1 chars',
  },
  {
    title: 'a script of 262,145 characters',
    spec: { script: '-'.repeat(262_145) },
    path: 'spec.script',
    message: 'must have 262144 characters or fewer',
    server: 'may not be more than 262144 bytes',
  },
  {
    title: 'a reference without a key',
    spec: { scriptFrom: { configMapKeyRef: { namespace: 'a', name: 'b' } } },
    path: 'spec.scriptFrom.configMapKeyRef.key',
    message: 'is required',
    server: 'Required value',
  },
  {
    title: 'a timeout that is a number',
    spec: { script, limits: { timeout: 50 } },
    path: 'spec.limits.timeout',
    message: 'must be a string, not a number',
    server: 'must be of type string',
  },
  {
    title: 'a mode in lower case',
    spec: { script, mode: 'enforce' },
    path: 'spec.mode',
    message: 'must be one of "Enforce", "DryRun"',
    server: 'supported values: "Enforce", "DryRun"',
  },
  {
    title: 'a priority that is a fraction',
    spec: { script, priority: 0.5 },
    path: 'spec.priority',
    message: 'must be an integer, not a fraction',
    server: 'must be of type integer',
  },
  {
    title: 'a priority out of bounds',
    spec: { script, priority: 1_000_001 },
    path: 'spec.priority',
    message: 'must be 1000000 or less',
    server: 'should be less than or equal to 1000000',
  },
  {
    title: 'a negative revisionHistoryLimit',
    spec: { script, revisionHistoryLimit: -1 },
    path: 'spec.revisionHistoryLimit',
    message: 'must be 0 or more',
    server: 'should be greater than or equal to 0',
  },
  {
    title: 'parameters that are a list',
    spec: { script, parameters: [1] },
    path: 'spec.parameters',
    message: 'must be an object, not an array',
    server: 'must be of type object',
  },
  {
    title: 'an owner without a kind',
    spec: { script, match: { owners: [{ apiGroup: 'apps' }] } },
    path: 'spec.match.owners[0].kind',
    message: 'is required',
    server: 'Required value',
  },
  {
    title: 'an unknown selector operator',
    spec: withRequirement({ key: 'app', operator: 'Is', values: ['x'] }),
    path: 'spec.match.podSelector.matchExpressions[0].operator',
    message: 'must be one of "In", "NotIn", "Exists", "DoesNotExist"',
    server: 'Unsupported value: "Is"',
  },
  {
    title: 'the same glob twice',
    spec: { script, match: { namespaces: { include: ['a', 'a'] } } },
    path: 'spec.match.namespaces.include',
    message: 'entries 0 and 1 are the same',
    server: 'Duplicate value: "a"',
  },
  {
    title: 'two tests of one name',
    spec: { script, tests: [withTest({}).tests[0], withTest({}).tests[0]] },
    path: 'spec.tests',
    message: 'entries 0 and 1 have the same name',
    server: 'Duplicate value: {"name":"a"}',
  },
  {
    title: 'a label in a test that is a number',
    spec: withTest({ metadata: { labels: { 'app.kubernetes.io/version': 2 } } }),
    path: 'spec.tests[0].metadata.labels[app.kubernetes.io/version]',
    message: 'must be a string, not a number',
    server: 'must be of type string',
  },
  {
    title: 'skip set to false',
    spec: withExpect({ skip: false }),
    path: 'spec.tests[0].expect.skip',
    message: 'must be true',
    server: 'supported values: "true"',
  },
  {
    title: 'an expected type that is no kind',
    spec: withExpect({ type: 'stateful set', name: 'x' }),
    path: 'spec.tests[0].expect.type',
    message: 'must match ^[A-Za-z][A-Za-z0-9]{0,62}$',
    server: "should match '^[A-Za-z][A-Za-z0-9]{0,62}$'",
  },
];
