import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Place } from './controller.ts';

interface Manifest {
  kind?: string;
  metadata?: { name?: string; namespace?: string; annotations?: Record<string, string> };
  spec?: { conversion?: unknown };
  webhooks?: Webhook[];
}

interface Webhook {
  clientConfig: { service?: { path?: string }; url?: string; caBundle?: string };
  namespaceSelector?: unknown;
}

/**
 * The custom resource definitions in a module's files and folders. Their conversion webhooks are left out: the samples
 * are of the version that is stored.
 */
export async function definitionsOf(module: string, paths: readonly string[]): Promise<string> {
  const definitions = (await manifestsOf(module, paths)).filter(
    ({ kind }) => kind === 'CustomResourceDefinition',
  );
  if (definitions.length === 0)
    throw new Error(`no custom resource definition in ${paths.join(', ')} of ${module}`);
  for (const { spec } of definitions) delete spec?.conversion;
  return together(definitions);
}

/** The ConfigMaps in a module's files and folders, for whichever namespace they are applied in. */
export async function configMapsOf(module: string, paths: readonly string[]): Promise<string> {
  const found = (await manifestsOf(module, paths)).filter(({ kind }) => kind === 'ConfigMap');
  if (found.length === 0) throw new Error(`no ConfigMap in ${paths.join(', ')} of ${module}`);
  for (const { metadata } of found) delete metadata?.namespace;
  return together(found);
}

/**
 * A module's webhooks, which the API server calls on the controller's port of this machine instead of its Service, and
 * for its namespace only.
 * @param certificate what the API server is to trust, as PEM
 */
export async function webhooksOf(
  file: string,
  name: string,
  { ports, namespace }: Place,
  certificate: string,
): Promise<string> {
  const manifests = (await readManifests(file)).filter(({ webhooks }) => webhooks !== undefined);
  if (manifests.length === 0) throw new Error(`no webhook in ${file}`);
  for (const [index, { kind, metadata, webhooks = [] }] of manifests.entries()) {
    // Many are called just `mutating-webhook-configuration`.
    if (metadata) metadata.name = `${name}-${kind?.toLowerCase()}-${index}`;
    for (const webhook of webhooks) {
      const path = webhook.clientConfig.service?.path ?? '';
      webhook.clientConfig = {
        url: `https://127.0.0.1:${ports.webhook}${path}`,
        caBundle: Buffer.from(certificate).toString('base64'),
      };
      webhook.namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
    }
  }
  return together(manifests);
}

async function manifestsOf(module: string, paths: readonly string[]): Promise<Manifest[]> {
  const files = (await Promise.all(paths.map((path) => filesOf(join(module, path))))).flat();
  return (await Promise.all(files.map(readManifests))).flat();
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const names = (await readdir(path)).filter((name) => /\.ya?ml$/.test(name)).toSorted();
  return names.map((name) => join(path, name));
}

async function readManifests(file: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  return documents.map((document) => document.toJS() as Manifest | null).filter((one) => one !== null);
}

function together(manifests: readonly object[]): string {
  return manifests.map((one) => stringify(one, { aliasDuplicateObjects: false })).join('---\n');
}
