/**
 * Writes what is made of the plugins of examples/library and their fixtures: the index and the kustomization there, and
 * what `luaplugin library` brings along.
 *
 *   node build/generate/library.ts           writes the files
 *   node build/generate/library.ts --check   writes nothing; exit code 1 when one is out of date
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import type { ObjectMeta, OwnerReference } from '../../operator/kube/client/types.ts';
import type { Workload } from '../../operator/sandbox/contract.ts';

/** A Pod as one version of an operator makes it, and what becomes of it. */
export interface Fixture {
  /** The file's name without its ending. */
  readonly file: string;
  /** Which of the operator's Pods it is, for the index. */
  readonly pod: string;
  readonly operator: string;
  readonly version: string;
  /** Where the facts were read: repository, path, and what stands there. */
  readonly source: readonly string[];
  /** The plugin's answer, with the parameters that it has. */
  readonly expect: Workload;
  /** What standard resolution makes of the Pod where it may read every owner. */
  readonly standard: Workload;
  /** The owners above the Pod that standard resolution reads, each with its own. */
  readonly owners: readonly Owner[];
  readonly metadata: ObjectMeta;
}

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** One folder of the library. */
export interface LibraryPlugin {
  readonly name: string;
  /** The text of its luaplugin.yaml. */
  readonly text: string;
  readonly fixtures: readonly Fixture[];
}

const folder = new URL('../../examples/library/', import.meta.url);
const command = 'node build/generate/library.ts';

/** Reads all plugins, in the order of their names, with their fixtures in the order of their files. */
export async function readLibrary(): Promise<LibraryPlugin[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.sort().map(readPlugin));
}

async function readPlugin(name: string): Promise<LibraryPlugin> {
  const fixtures = new URL(`${name}/fixtures/`, folder);
  const files = (await readdir(fixtures)).filter((file) => file.endsWith('.json')).sort();
  return {
    name,
    text: await readFile(new URL(`${name}/luaplugin.yaml`, folder), 'utf8'),
    fixtures: await Promise.all(
      files.map(async (file): Promise<Fixture> => {
        const fixture = JSON.parse(await readFile(new URL(file, fixtures), 'utf8')) as Omit<Fixture, 'file'>;
        return { ...fixture, file: file.replace(/\.json$/, '') };
      }),
    ),
  };
}

/** The index: a row for each fixture, the plugin's name in its first. */
export function renderIndex(plugins: readonly LibraryPlugin[]): string {
  const rows = plugins.flatMap(({ name, fixtures }) =>
    fixtures.map((fixture, at) => {
      const { pod, operator, version, expect, standard } = fixture;
      const plugin = at === 0 ? `[${name}](${name}/README.md)` : '';
      return `| ${plugin} | ${operator} ${version} | ${pod} | ${shown(expect)} | ${shown(standard)} |`;
    }),
  );
  return `<!-- Made by \`${command}\`; change the fixtures, then run it. -->
# The library

Plugins for operators whose Pods the owner references lead to the wrong workload, to none, or only with the right to
read the operator's resources. Take those that you need, or all: one whose operator the cluster does not have is dormant,
costs nothing, and starts by itself.

\`\`\`sh
luaplugin test examples/library
kubectl apply -f examples/library/strimzi/luaplugin.yaml
luaplugin library apply --served
kubectl apply -k config/library
\`\`\`

Each folder has the plugin with its match, parameters and tests, a README with what the parameters change and what was
not looked up, and fixtures: Pods' metadata as that version of the operator makes it, with the places in its source or
documentation where that was read. Names, UIDs, hashes and random parts in them are invented.

What runs one product may be another: KServe makes LeaderWorkerSets and Services of Knative. The Pods then have the marks
of both, and the plugin of what was applied has the higher priority.

"Standard" is what the Pod would get without the plugin where the operator may read every owner.

| Plugin | Operator and version | Pod | Its workload | Standard |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function shown({ type, name }: Workload): string {
  return `\`${type} ${name}\``;
}

/** The kustomization that has every plugin. */
export function renderKustomization(plugins: readonly LibraryPlugin[]): string {
  const head = `# All plugins of the library: kubectl apply -k examples/library. Made by \`${command}\`.\n`;
  const resources = plugins.map(({ name }) => `${name}/luaplugin.yaml`);
  return `${head}${stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources })}`;
}

/** What the program brings along of each plugin; see luaplugin/commands/library/bundled.ts. */
export function renderBundle(plugins: readonly LibraryPlugin[]): string {
  const bundle = plugins.map(({ text, fixtures }) => {
    const versions = Map.groupBy(fixtures, ({ operator }) => operator);
    const operators = [...versions].map(([name, of]) => ({
      name,
      versions: [...new Set(of.map(({ version }) => version))],
    }));
    return { operators, manifest: parse(text) as unknown };
  });
  return jsonLines(bundle);
}

/** A list as JSON with a line for each entry. */
export function jsonLines(entries: readonly unknown[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;
}

if (import.meta.main) {
  const plugins = await readLibrary();
  const files = [
    [new URL('README.md', folder), renderIndex(plugins)],
    [new URL('kustomization.yaml', folder), renderKustomization(plugins)],
    [new URL('../../luaplugin/commands/library/generated.json', import.meta.url), renderBundle(plugins)],
  ] as const;
  for (const [file, wanted] of files) {
    const found = await readFile(file, 'utf8').catch(() => '');
    if (wanted === found) continue;
    if (!process.argv.includes('--check')) await writeFile(file, wanted);
    else {
      process.stderr.write(`${fileURLToPath(file)} is out of date; run \`${command}\`.\n`);
      process.exitCode = 1;
    }
  }
}
