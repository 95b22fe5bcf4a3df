/**
 * Writes luaplugin/commands/install/generated.json, the objects that `luaplugin install` brings along, as kustomize renders
 * them from config/. It is kept in the repository, so that neither a build nor whoever installs needs kustomize.
 *
 *   node build/generate/manifests.ts           writes the file
 *   node build/generate/manifests.ts --check   writes nothing; exit code 1 when the file is out of date
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../luaplugin/cluster/manifest.ts';
import { type Variant, variants } from '../../luaplugin/program/options.ts';
import { ensureBinaries } from '../../test/cluster/binaries.ts';
import { streamProgress } from '../../test/cluster/progress.ts';

const target = new URL('../../luaplugin/commands/install/generated.json', import.meta.url);
const command = 'node build/generate/manifests.ts';

/**
 * The order in which objects are applied: first what others are in or of, then rights, then what bounds the operator,
 * then the operator, at last who asks it.
 */
const order = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ClusterRole',
  'Role',
  'ClusterRoleBinding',
  'RoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ConfigMap',
  'Issuer',
  'Certificate',
  'Service',
  'PodDisruptionBudget',
  'Deployment',
  'DaemonSet',
  'ValidatingWebhookConfiguration',
];

async function source(): Promise<string> {
  const { paths } = await ensureBinaries(['kubectl'], streamProgress(process.stderr));
  const found = new Map<string, { readonly object: Manifest; readonly variants: Variant[] }>();
  for (const variant of variants) {
    for (const object of await render(paths.kubectl, variant)) {
      if (!order.includes(object.kind)) {
        throw new Error(`config/${variant} has a ${object.kind}; put it in the order of ${command}`);
      }
      const text = JSON.stringify(object);
      const known = found.get(text) ?? { variants: [], object };
      known.variants.push(variant);
      found.set(text, known);
    }
  }
  const objects = [...found.values()].sort(
    (a, b) => order.indexOf(a.object.kind) - order.indexOf(b.object.kind),
  );
  return `${JSON.stringify(objects, undefined, 2)}\n`;
}

async function render(kubectl: string, variant: Variant): Promise<Manifest[]> {
  const folder = fileURLToPath(new URL(`../../config/${variant}`, import.meta.url));
  const { stdout } = await promisify(execFile)(kubectl, ['kustomize', folder], { maxBuffer: 2 ** 24 });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

const wanted = await source();
if (!process.argv.includes('--check')) {
  await writeFile(target, wanted);
} else if ((await readFile(target, 'utf8').catch(() => '')) !== wanted) {
  process.stderr.write(`${fileURLToPath(target)} is out of date; run \`${command}\`.\n`);
  process.exitCode = 1;
}
