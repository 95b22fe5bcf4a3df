/**
 * Writes what the Helm chart has in common with the rest: its templates of the objects of config/ and crds/, the
 * dashboard, the library's plugins, and values.schema.json, which has the operator's options.
 *
 *   node build/generate/chart.ts           writes the files
 *   node build/generate/chart.ts --check   writes nothing; exit code 1 when one is out of date
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { sources, templateOf } from './chart/objects.ts';
import { valuesSchema } from './chart/values-schema.ts';
import { jsonLines, readLibrary } from './library.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = join(root, 'charts/lua-plugin-operator');
const generated = 'templates/generated';
const command = 'node build/generate/chart.ts';

/** All that is generated: the text by the path in the chart. */
async function wantedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const source of sources) {
    const text = await readFile(join(root, source.file), 'utf8');
    files.set(`${generated}/${source.template}`, templateOf(source, text, command));
  }
  files.set('files/dashboard.json', await readFile(join(root, 'config/monitoring/dashboard.json'), 'utf8'));
  const plugins = (await readLibrary()).map(({ text }) => parse(text) as unknown);
  files.set('files/library.json', jsonLines(plugins));
  files.set('values.schema.json', `${JSON.stringify(valuesSchema, null, 2)}\n`);
  return files;
}

/** What lies in the chart's folder of generated templates and nothing makes any more. */
async function leftovers(wanted: ReadonlyMap<string, string>): Promise<string[]> {
  const found = await readdir(join(chart, generated)).catch(() => []);
  return found.map((name) => `${generated}/${name}`).filter((path) => !wanted.has(path));
}

const wanted = await wantedFiles();
const outdated: string[] = await leftovers(wanted);
for (const [path, text] of wanted) {
  if ((await readFile(join(chart, path), 'utf8').catch(() => '')) !== text) outdated.push(path);
}
if (!process.argv.includes('--check')) {
  for (const path of outdated) {
    const file = join(chart, path);
    const text = wanted.get(path);
    await mkdir(join(file, '..'), { recursive: true });
    await (text === undefined ? rm(file) : writeFile(file, text));
  }
} else if (outdated.length > 0) {
  process.stderr.write(`${chart}: ${outdated.join(', ')} out of date; run \`${command}\`.\n`);
  process.exitCode = 1;
}
