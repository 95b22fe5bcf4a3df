import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  ConfigError,
  loadConfig,
  type OperatorConfig,
  withoutEffect,
} from '../../../operator/config/config.ts';

const head = 'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\n';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'operator-config-'));
  file = join(folder, 'config.yaml');
});
afterEach(() => rm(folder, { recursive: true }));

async function load(options: string): Promise<OperatorConfig> {
  await writeFile(file, head + options);
  return await loadConfig(file);
}

/** The lines of the error, with FILE in place of the path. */
async function problems(text: string): Promise<string[]> {
  await writeFile(file, text);
  try {
    await loadConfig(file);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((line) => line.replace(file, 'FILE'));
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  const options: [keyof OperatorConfig, unknown, string, unknown][] = [
    ['annotationPrefix', 'luaplugin.dev', 'annotationPrefix: example.com', 'example.com'],
    [
      'namespaces',
      { include: [], exclude: [] },
      'namespaces: {exclude: ["kube-*"]}',
      { include: [], exclude: ['kube-*'] },
    ],
    ['standardResolution', true, 'standardResolution: false', false],
    [
      'resources',
      [],
      'resources: [{name: rollouts, group: argoproj.io, type: Deployment, follow: true}, {name: clonesets, disabled: true}]',
      [
        { group: 'argoproj.io', name: 'rollouts', disabled: false, type: 'Deployment', follow: true },
        { group: undefined, name: 'clonesets', disabled: true, type: undefined, follow: undefined },
      ],
    ],
    ['standardWorkload', 'nearest', 'standardWorkload: topmost', 'topmost'],
    ['allowedTypes', [], 'allowedTypes: [Deployment]', ['Deployment']],
    ['concurrency', 64, 'concurrency: 1024', 1024],
    ['writesPerSecond', 0, 'writesPerSecond: 50', 50],
    ['skipFinishedPods', false, 'skipFinishedPods: true', true],
    [
      'sandbox',
      { memoryBytes: 256 * 1024 * 1024 },
      'sandbox: {memory: 64Mi}',
      { memoryBytes: 64 * 1024 * 1024 },
    ],
    [
      'mirror',
      { labels: false, openTelemetry: false },
      'mirror: {labels: true}',
      { labels: true, openTelemetry: false },
    ],
    [
      'leaderElection',
      { enabled: false, leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
      'leaderElection: {enabled: true, leaseDuration: 1m, renewDeadline: 40s, retryPeriod: 500ms}',
      { enabled: true, leaseDurationMs: 60_000, renewDeadlineMs: 40_000, retryPeriodMs: 500 },
    ],
    [
      'nodeName',
      undefined,
      'nodeName: node-1.example.com\nleaderElection: {enabled: true}',
      'node-1.example.com',
    ],
    [
      'webhook',
      { enabled: false, address: ':9443', certDirectory: undefined, name: 'lua-plugin-operator' },
      'webhook: {enabled: true, certDirectory: /certs, name: lua}',
      { enabled: true, address: ':9443', certDirectory: '/certs', name: 'lua' },
    ],
    [
      'http',
      {
        address: ':8080',
        secureMetrics: { enabled: false, address: ':8443', certDirectory: undefined },
      },
      'http: {address: "[::1]:0", secureMetrics: {enabled: true, address: ":443", certDirectory: /certs}}',
      {
        address: '[::1]:0',
        secureMetrics: { enabled: true, address: ':443', certDirectory: '/certs' },
      },
    ],
    [
      'tracing',
      { endpoint: undefined, samplingRatePerMillion: 0 },
      'tracing: {endpoint: "http://collector:4318", samplingRatePerMillion: 1000000}',
      { endpoint: 'http://collector:4318', samplingRatePerMillion: 1_000_000 },
    ],
    ['logLevel', 'info', 'logLevel: debug', 'debug'],
  ];
  for (const [name, value, set, other] of options) {
    it(`fills in ${name}`, async () => expect((await load(''))[name]).to.deep.equal(value));
    it(`leaves ${name} alone when it is set`, async () =>
      expect((await load(set))[name]).to.deep.equal(other));
  }

  it('gives every default, and no more, without a file', async () => {
    expect(await loadConfig(undefined)).to.deep.equal(
      Object.fromEntries(options.map(([name, value]) => [name, value])),
    );
  });

  it('takes JSON', async () => {
    await writeFile(
      file,
      JSON.stringify({
        apiVersion: 'config.luaplugin.dev/v1alpha1',
        kind: 'OperatorConfig',
        logLevel: 'warn',
      }),
    );
    expect((await loadConfig(file)).logLevel).to.equal('warn');
  });

  it("takes entries of DeepFlow's api_resources as they are", async () => {
    const { resources } = await load(
      'resources: [{name: statefulsets, group: apps, version: null, field_selector: "", disabled: false}]',
    );
    expect(resources).to.deep.equal([
      { name: 'statefulsets', group: 'apps', disabled: false, type: undefined, follow: undefined },
    ]);
  });

  it("takes DeepFlow's empty group for any, its core for the core group, and its name for StatefulSetPlus", async () => {
    const { resources } = await load(
      'resources: [{name: clonesets, group: ""}, {name: services, group: core}, {name: statefulsets, group: platform.stke}]',
    );
    expect(resources).to.deep.equal([
      { name: 'clonesets', group: undefined, disabled: false, type: undefined, follow: undefined },
      { name: 'services', group: '', disabled: false, type: undefined, follow: undefined },
      {
        name: 'statefulsetpluses',
        group: 'platform.stke',
        disabled: false,
        type: undefined,
        follow: undefined,
      },
    ]);
  });

  it('takes a key without a value for an absent one', async () => {
    expect(await load('http:\nnamespaces:\n  include:\n')).to.deep.equal(await loadConfig(undefined));
  });
});

describe('a config file that can not be used', () => {
  it('is named when it does not exist', async () => {
    const error = await loadConfig(join(folder, 'none.yaml')).catch((caught: unknown) => caught);
    expect(error)
      .to.be.instanceOf(ConfigError)
      .with.property('message')
      .that.matches(/none\.yaml: there is no such file; /);
  });

  it('is named when it can not be read', async () => {
    const error = await loadConfig(folder).catch((caught: unknown) => caught);
    expect(error)
      .to.be.instanceOf(ConfigError)
      .with.property('message')
      .that.contains("can't be read (EISDIR)");
  });

  const cases: [string, string, string[]][] = [
    [
      'is empty',
      '',
      [
        'FILE: the file is empty; begin it with "apiVersion: config.luaplugin.dev/v1alpha1" and "kind: OperatorConfig"',
      ],
    ],
    ['is a list', '- a\n', ['FILE: must be an object, not an array']],
    ['is no YAML', `${head}logLevel: "info\n`, ['FILE:4:1: Missing closing "quote']],
    ['has a key twice', `${head}kind: OperatorConfig\n`, ['FILE:3:1: Map keys must be unique']],
    ['has two documents', `${head}---\n${head}`, ['FILE:3:1: a config file holds one document']],
    [
      'says nothing of its kind',
      'logLevel: info\n',
      [
        'FILE: /apiVersion: is required: "config.luaplugin.dev/v1alpha1"',
        'FILE: /kind: is required: "OperatorConfig"',
      ],
    ],
    [
      'has another kind and version',
      'apiVersion: v1\nkind: ConfigMap\n',
      ['FILE: /apiVersion: must be "config.luaplugin.dev/v1alpha1"', 'FILE: /kind: must be "OperatorConfig"'],
    ],
    [
      'has an unknown key',
      `${head}namespaces: {includ: []}\n`,
      ['FILE: /namespaces/includ: unknown field; did you mean "include"?'],
    ],
    ['has an unknown key like no other', `${head}colour: red\n`, ['FILE: /colour: unknown field']],
    [
      'has a wrong type',
      `${head}concurrency: many\n`,
      ['FILE: /concurrency: must be an integer, not a string'],
    ],
    ['has a number out of bounds', `${head}concurrency: 0\n`, ['FILE: /concurrency: must be 1 or more']],
    [
      'has a prefix with a slash',
      `${head}annotationPrefix: a.b/c\n`,
      ['FILE: /annotationPrefix: must be a DNS subdomain, for instance luaplugin.dev'],
    ],
    [
      'has a bad glob',
      `${head}namespaces: {include: [ok, A]}\n`,
      [
        "FILE: /namespaces/include/1: must be a namespace's name or a glob, * for any characters (at most four of them) and ? for one",
      ],
    ],
    [
      'has a type that is no kind',
      `${head}allowedTypes: [stateful-set]\n`,
      ['FILE: /allowedTypes/0: must be a kind, for instance StatefulSet'],
    ],
    [
      'has a resource without a name',
      `${head}resources: [{group: apps}]\n`,
      ['FILE: /resources/0/name: is required'],
    ],
    [
      'says two things of one resource',
      `${head}resources: [{name: jobs}, {name: rollouts, group: argoproj.io}, {name: rollouts, group: argoproj.io, disabled: true}]\n`,
      ['FILE: /resources/2: contradicts /resources/1, the same resource'],
    ],
    [
      'follows a resource that never counts',
      `${head}resources: [{name: jobs, disabled: true, follow: true}]\n`,
      ['FILE: /resources/0/follow: must be left out while disabled is true: what is disabled never counts'],
    ],
    [
      'follows a resource and does not',
      `${head}resources: [{name: jobs, follow: true}, {name: jobs}]\n`,
      ['FILE: /resources/1: contradicts /resources/0, the same resource'],
    ],
    [
      'asks for a workload that there is not',
      `${head}standardWorkload: top\n`,
      ['FILE: /standardWorkload: must be one of "nearest", "topmost"'],
    ],
    [
      'gives a resource a type that is not allowed',
      `${head}allowedTypes: [Deployment]\nresources: [{name: rollouts, type: Rollout}]\n`,
      ['FILE: /resources/0/type: must be one of allowedTypes: Deployment'],
    ],
    [
      'has an address without a port',
      `${head}http: {address: localhost}\n`,
      ['FILE: /http/address: must be HOST:PORT or :PORT with a port up to 65535, for instance :8080'],
    ],
    [
      'has ports that do not exist',
      `${head}http: {address: ":65536", secureMetrics: {address: "[::1]:99999"}}\nwebhook: {address: "a.b:70000"}\n`,
      [
        'FILE: /webhook/address: must be HOST:PORT or :PORT with a port up to 65535, for instance :9443',
        'FILE: /http/address: must be HOST:PORT or :PORT with a port up to 65535, for instance :8080',
        'FILE: /http/secureMetrics/address: must be HOST:PORT or :PORT with a port up to 65535, for instance :8443',
      ],
    ],
    ...['kubernetes.io', 'k8s.io', 'x.kubernetes.io', 'a.b.k8s.io'].map((prefix): (typeof cases)[number] => [
      `would write under ${prefix}`,
      `${head}annotationPrefix: ${prefix}\n`,
      [
        'FILE: /annotationPrefix: must not be kubernetes.io, k8s.io or anything below them, which are reserved for Kubernetes itself',
      ],
    ]),
    [
      'has two servers at one address',
      `${head}http: {secureMetrics: {enabled: true, address: ":8080"}}\nwebhook: {enabled: true, address: ":8080"}\n`,
      [
        'FILE: /webhook/address: must be another address than /http/address',
        'FILE: /http/secureMetrics/address: must be another address than /http/address',
      ],
    ],
    [
      'has an unknown log level',
      `${head}logLevel: loud\n`,
      ['FILE: /logLevel: must be one of "trace", "debug", "info", "warn", "error"'],
    ],
    [
      'has a bad duration',
      `${head}leaderElection: {retryPeriod: 2}\n`,
      ['FILE: /leaderElection/retryPeriod: must be a string, not a number'],
    ],
    [
      'renews for longer than the lease lasts',
      `${head}leaderElection: {leaseDuration: 10s}\n`,
      ['FILE: /leaderElection/renewDeadline: must be shorter than leaseDuration'],
    ],
    [
      'retries less often than it has time for',
      `${head}leaderElection: {retryPeriod: 10s}\n`,
      ['FILE: /leaderElection/retryPeriod: must be shorter than renewDeadline'],
    ],
    [
      'has an instance for each node, but none is elected to report',
      `${head}nodeName: a\n`,
      [
        'FILE: /leaderElection/enabled: must be true with a nodeName (--node-name): one instance is elected to report on the plugins',
      ],
    ],
    [
      'has no name for the node',
      `${head}nodeName: ""\n`,
      ["FILE: /nodeName: must be a node's name, as spec.nodeName of this instance's Pod has it"],
    ],
    [
      'has several faults',
      `${head}logLevl: info\nconcurrency: 1.5\n`,
      [
        'FILE: /logLevl: unknown field; did you mean "logLevel"?',
        'FILE: /concurrency: must be an integer, not a fraction',
      ],
    ],
  ];
  for (const [what, text, lines] of cases) {
    it(`says so when it ${what}`, async () => expect(await problems(text)).to.deep.equal(lines));
  }
});

describe('--node-name', () => {
  const election = 'leaderElection: {enabled: true}\n';
  const withFlag = async (nodeName: string) => {
    await writeFile(file, `${head}${election}nodeName: from-the-file\n`);
    return await loadConfig(file, { nodeName });
  };

  it('wins over the file', async () => expect((await withFlag('n1')).nodeName).to.equal('n1'));

  for (const [what, name, found] of [
    ['is empty, as without the environment variable', '', 'it is empty'],
    ['names a variable that does not exist', '$(NODE_NAME)', 'not "$(NODE_NAME)"'],
  ] as const) {
    it(`is refused when it ${what}`, async () => {
      const error = await withFlag(name).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ConfigError);
      expect(String(error)).to.contain(
        `--node-name: must be a node's name, as spec.nodeName of this instance's Pod has it; ${found}`,
      );
    });
  }

  it('needs the election as much as the option', async () => {
    const error = await loadConfig(undefined, { nodeName: 'n1' }).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('--node-name: needs an election').and.to.contain('--config');
    await writeFile(file, head);
    const withFile = await loadConfig(file, { nodeName: 'n1' }).catch((reason: unknown) => reason);
    expect(String(withFile)).to.contain(`${file}: /leaderElection/enabled: must be true with a nodeName`);
  });
});

describe('--http-address', () => {
  it('wins over the file, and over no file', async () => {
    await writeFile(file, `${head}http: {address: ":1"}\n`);
    const { http } = await loadConfig(file, { httpAddress: '[::1]:65535' });
    expect(http.address).to.equal('[::1]:65535');
    expect((await loadConfig(undefined, { httpAddress: ':0' })).http.address).to.equal(':0');
  });

  for (const [address, found] of [
    ['foo', 'not "foo"'],
    [':99999', 'not ":99999"'],
    [':65536', 'not ":65536"'],
    ['', 'it is empty'],
  ] as const) {
    it(`is refused when it is "${address}"`, async () => {
      const error = await loadConfig(undefined, { httpAddress: address }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ConfigError);
      expect((error as ConfigError).problems).to.deep.equal([
        `--http-address: must be HOST:PORT or :PORT with a port up to 65535, for instance :8080; ${found}`,
      ]);
    });
  }

  it('may not be the address of another server', async () => {
    await writeFile(file, `${head}webhook: {enabled: true}\n`);
    const error = await loadConfig(file, { httpAddress: ':9443' }).catch((reason: unknown) => reason);
    expect((error as ConfigError).problems).to.deep.equal([
      `${file}: /webhook/address: must be another address than --http-address`,
    ]);
  });
});

describe('--secure-metrics', () => {
  it('wins over the file, and over no file', async () => {
    await writeFile(file, `${head}http: {secureMetrics: {enabled: false, address: ":9"}}\n`);
    const { http } = await loadConfig(file, { secureMetrics: true });
    expect(http.secureMetrics).to.include({ enabled: true, address: ':9' });
    expect((await loadConfig(undefined, { secureMetrics: true })).http.secureMetrics.enabled).to.equal(true);
  });

  it('takes nothing away that the file has', async () => {
    await writeFile(file, `${head}http: {secureMetrics: {enabled: true}}\n`);
    expect((await loadConfig(file, {})).http.secureMetrics.enabled).to.equal(true);
  });
});

describe('withoutEffect', () => {
  it('is empty for the defaults, and for what has an effect', async () => {
    expect(withoutEffect(await loadConfig(undefined))).to.deep.equal([]);
    const config = await load('resources: [{name: rollouts}]\nmirror: {labels: true, openTelemetry: true}\n');
    expect(withoutEffect(config)).to.deep.equal([]);
  });

  it("lists those of DeepFlow's resources that own no Pods, each once", async () => {
    const names = ['ingresses', 'routes', 'ingresses', 'services', 'deployments'];
    const entries = names.map((name) => `{name: ${name}}`);
    const config = await load(
      `resources: [${entries.join()}, {name: services, group: core}, {name: services, group: serving.knative.dev}]\n`,
    );
    expect(withoutEffect(config)).to.deep.equal([
      'resources: ingresses',
      'resources: routes',
      'resources: services',
    ]);
  });
});
