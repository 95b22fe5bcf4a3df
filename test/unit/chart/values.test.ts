import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import { valuesSchema } from '../../../build/generate/chart/values-schema.ts';
import { ConfigError, loadConfig } from '../../../operator/config/config.ts';

/** Options of the operator: those that it takes, and those that it refuses. */
const samples: readonly { readonly taken: boolean; readonly config: object }[] = [
  { taken: true, config: {} },
  { taken: true, config: { apiVersion: 'config.luaplugin.dev/v1alpha1', kind: 'OperatorConfig' } },
  { taken: true, config: { annotationPrefix: 'example.com', logLevel: 'debug', writesPerSecond: 50 } },
  { taken: true, config: { namespaces: { include: ['shop-*'], exclude: ['kube-*'] } } },
  {
    taken: true,
    config: {
      resources: [{ name: 'clonesets', group: 'apps.kruise.io', type: 'Deployment', version: 'v1' }],
    },
  },
  { taken: true, config: { allowedTypes: ['Deployment'], sandbox: { memory: '64Mi' }, concurrency: 1 } },
  { taken: true, config: { leaderElection: { enabled: true, leaseDuration: '1m', renewDeadline: '40s' } } },
  { taken: true, config: { webhook: { enabled: true, address: ':9443' }, http: { address: ':8080' } } },
  { taken: true, config: { mirror: { labels: true, openTelemetry: true } } },
  { taken: true, config: { http: { secureMetrics: { enabled: true, address: ':8444' } } } },
  { taken: false, config: { apiVersion: 'config.luaplugin.dev/v1' } },
  { taken: false, config: { annotationsPrefix: 'example.com' } },
  { taken: false, config: { annotationPrefix: 'Example.com' } },
  { taken: false, config: { namespaces: { include: 'shop' } } },
  { taken: false, config: { namespaces: { only: ['shop'] } } },
  { taken: false, config: { resources: [{ group: 'apps' }] } },
  { taken: false, config: { resources: [{ name: 'CloneSets' }] } },
  { taken: false, config: { allowedTypes: ['stateful-set'] } },
  { taken: false, config: { concurrency: 0 } },
  { taken: false, config: { concurrency: '64' } },
  { taken: false, config: { writesPerSecond: 0.5 } },
  { taken: false, config: { sandbox: { memory: 268435456 } } },
  { taken: false, config: { leaderElection: { leaseDuration: '1h' } } },
  { taken: false, config: { webhook: { address: '9443' } } },
  { taken: false, config: { mirror: { label: true } } },
  { taken: false, config: { http: { secureMetrics: true } } },
  { taken: false, config: { logLevel: 'verbose' } },
];

describe("the chart's config", () => {
  const isValues = new Ajv({ strict: false }).compile(valuesSchema);
  let directory = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chart-values-'));
  });
  after(() => rm(directory, { recursive: true }));

  for (const { taken, config } of samples) {
    it(`${taken ? 'takes' : 'refuses'} ${JSON.stringify(config)}, as the operator does`, async () => {
      const head = { apiVersion: 'config.luaplugin.dev/v1alpha1', kind: 'OperatorConfig' };
      const file = join(directory, 'config.json');
      await writeFile(file, JSON.stringify({ ...head, ...config }));
      const problems = await loadConfig(file).then(
        () => [],
        (error: unknown) => {
          if (error instanceof ConfigError) return error.problems;
          throw error;
        },
      );
      expect(problems.length === 0, problems.join()).to.equal(taken);
      expect(isValues({ config })).to.equal(taken);
    });
  }
});

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** Every value that a schema names, as a path. */
function placesIn({ properties = {} }: SchemaNode, path = ''): string[] {
  return Object.entries(properties).flatMap(([name, value]) => [
    `${path}/${name}`,
    ...placesIn(value, `${path}/${name}`),
  ]);
}

/** The keys of a YAML file, as paths, and whether each has a comment above it. */
function documented(text: string): Map<string, boolean> {
  const places = new Map<string, boolean>();
  const visit = ({ items }: YAMLMap, path: string) => {
    for (const { key, value } of items) {
      if (!isScalar(key)) continue;
      const place = `${path}/${key.value}`;
      const above = text.slice(0, key.range?.[0]).split('\n').at(-2) ?? '';
      places.set(place, above.trimStart().startsWith('#'));
      if (isMap(value)) visit(value, place);
    }
  };
  const { contents } = parseDocument(text);
  if (isMap(contents)) visit(contents, '');
  return places;
}

describe("the chart's values.yaml", () => {
  const file = fileURLToPath(new URL('../../../charts/lua-plugin-operator/values.yaml', import.meta.url));

  it('has every value of the schema but for some of config, and says what it means where it is declared', async () => {
    const found = documented(await readFile(file, 'utf8'));
    const wanted = placesIn(valuesSchema).filter((place) => place !== '/global');
    const optional = (place: string) => place.startsWith('/config/');
    expect([...found.keys()]).to.include.members(wanted.filter((place) => !optional(place)));
    // Sections are said by what is in them; what is in maps of the user's own is no value of ours.
    const isSection = (place: string) => wanted.some((other) => other.startsWith(`${place}/`));
    const bare = wanted.filter((place) => found.get(place) === false && !isSection(place));
    expect(bare).to.deep.equal([]);
  });

  it('is taken by its schema', async () => {
    const isValues = new Ajv({ strict: false, allErrors: true }).compile(valuesSchema);
    isValues(parseDocument(await readFile(file, 'utf8')).toJS());
    expect(isValues.errors).to.equal(null);
  });
});
