import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type OperatorConfig } from '../../../operator/config/config.ts';
import type { Manifest } from '../../support/manifests.ts';

/** Objects by kind, namespace and name. */
export type Objects = Readonly<Record<string, Manifest>>;

/** Which a release of Helm carries, beside what kustomize gives. */
const labelsOfHelm = ['helm.sh/chart', 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by'];
/** Which the chart gives to all objects, and some of config/ do without. */
const commonLabels = ['app.kubernetes.io/part-of', 'app.kubernetes.io/version'];
/** That the definition stays, and that a changed config replaces the Pods; kustomize names the ConfigMap anew. */
const annotationsOfHelm = ['helm.sh/resource-policy', 'checksum/config'];
/** A component of kustomize can't change the config file, so it adds a flag. */
const secureMetricsFlag = '--secure-metrics';

/**
 * Takes off what differs by nature between a release of Helm and an install by kustomize.
 * @param ours what Helm rendered
 * @param theirs what kustomize rendered
 */
export async function comparable(
  ours: readonly Manifest[],
  theirs: readonly Manifest[],
): Promise<{ ours: Objects; theirs: Objects }> {
  const kustomized = byName(await withOptions(theirs));
  const rendered = byName(await withOptions(ours));
  for (const [name, object] of Object.entries(rendered)) {
    const carried = kustomized[name]?.metadata.labels ?? {};
    const absent = commonLabels.filter((label) => !(label in carried));
    takeOff(object, [...labelsOfHelm, ...absent]);
  }
  return { ours: rendered, theirs: kustomized };
}

function byName(objects: readonly Manifest[]): Objects {
  return Object.fromEntries(
    objects.map((object) => {
      const { namespace = '', name } = object.metadata;
      return [`${object.kind} ${namespace}/${name}`, object];
    }),
  );
}

/**
 * Copies of the objects, with what the operator makes of its config file and flags in place of the file's text, and
 * without kustomize's hash in the ConfigMap's name and the line breaks that it doubles in folded text.
 */
async function withOptions(manifests: readonly Manifest[]): Promise<Manifest[]> {
  const hashed = /"lua-plugin-operator-config-[a-z0-9]{10}"/g;
  const text = JSON.stringify(manifests)
    .replaceAll(hashed, '"lua-plugin-operator-config"')
    .replaceAll(/(\\n)+/g, '\\n');
  const objects: Manifest[] = JSON.parse(text);
  const [container] = objects.flatMap(({ spec }) => Object(spec).template?.spec?.containers ?? []);
  const secureMetrics = container.args.includes(secureMetricsFlag);
  container.args = container.args.filter((arg: string) => arg !== secureMetricsFlag);
  for (const { kind, data } of objects) {
    const file = Object(data)['config.yaml'];
    if (kind === 'ConfigMap' && file !== undefined) {
      Object(data)['config.yaml'] = await optionsOfFile(file, secureMetrics);
    }
  }
  return objects;
}

/**
 * What the operator makes of its config file.
 * @param text the file's content
 * @param secureMetrics whether the flag of that name is given
 */
export async function optionsOfFile(text: string, secureMetrics = false): Promise<OperatorConfig> {
  const directory = await mkdtemp(join(tmpdir(), 'options-'));
  try {
    const file = join(directory, 'config.yaml');
    await writeFile(file, text);
    return await loadConfig(file, { secureMetrics });
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Labels, and Helm's annotations, off an object and the Pods that it makes. */
function takeOff(object: Manifest, labels: readonly string[]): void {
  const template = Object(object.spec).template?.metadata;
  for (const metadata of [object.metadata, template ?? {}].map(Object)) {
    for (const label of labels) delete metadata.labels?.[label];
    for (const annotation of annotationsOfHelm) delete metadata.annotations?.[annotation];
    if (Object.keys(metadata.annotations ?? { some: '' }).length === 0) delete metadata.annotations;
  }
}
