import type { OwnerReference } from '../../operator/kube/client/types.ts';
import type { Cluster } from '../cluster/kwok.ts';
import type { ExpectedPods } from './controller.ts';

interface Metadata {
  readonly name: string;
  readonly generateName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Pods of one shape and with one answer. */
export interface Row {
  /** Their name, with `*` for what is random in it. */
  readonly pod: string;
  readonly count: number;
  /** The kinds of the owners as the API server has them, the nearest first; a loose reference in brackets. */
  readonly chain: string;
  readonly expected: string;
  /** Type and name in the annotations; empty while there are none. */
  readonly came: string;
  readonly resolvedBy: string;
}

/** Reads the Pods of a namespace, and whose they are. */
export class Observer {
  readonly #cluster: Cluster;
  readonly #namespace: string;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  /**
   * @param known the names of other Pods that may be there, such as those of earlier samples
   * @throws when there are still other Pods, or too few
   */
  async rows(expected: readonly ExpectedPods[], known: readonly string[] = []): Promise<Row[]> {
    const list = `/api/v1/namespaces/${this.#namespace}/pods`;
    const { items } = await this.#cluster.api.request<{ items: { metadata: Metadata }[] }>('GET', list);
    const names = [...new Set(expected.map(({ pod }) => pod))];
    const shapes = items.map(({ metadata }) => ({
      metadata,
      pod: names.find((name) => fits(name, metadata.name)),
    }));
    const strangers = shapes
      .filter(({ pod, metadata }) => pod === undefined && !known.some((name) => fits(name, metadata.name)))
      .map(({ metadata }) => metadata.name);
    if (strangers.length > 0) throw new Error(`Pods that were not expected: ${strangers.join(', ')}`);
    const rows: Row[] = [];
    for (const pod of names) {
      const wanted = expected.filter((one) => one.pod === pod);
      const found = shapes.filter((one) => one.pod === pod);
      const count = wanted.reduce((sum, one) => sum + (one.count ?? 1), 0);
      if (found.length !== count) throw new Error(`${found.length} Pods ${pod}, and ${count} were expected`);
      const answers = await Promise.all(found.map(({ metadata }) => this.#answer(pod, metadata)));
      rows.push(...together(answers, wanted));
    }
    return rows;
  }

  async #answer(pod: string, { annotations = {}, ownerReferences = [] }: Metadata): Promise<Answer> {
    const owners = await this.#owners(ownerReferences);
    const type = annotations['luaplugin.dev/workload-type'] ?? '';
    const name = annotations['luaplugin.dev/workload-name'] ?? '';
    // A name that the server has completed is another one in each run.
    const random = owners.find((one) => one.name === name)?.generateName;
    return {
      pod,
      chain: owners.map(({ kind, isLoose }) => (isLoose ? `(${kind})` : kind)).join(' < ') || '-',
      came: type === '' ? '' : `${type} ${random === undefined ? name : `${random}*`}`,
      resolvedBy: annotations['luaplugin.dev/resolved-by'] ?? '',
    };
  }

  async #owners(references: readonly OwnerReference[]): Promise<Owner[]> {
    const reference = references.find(({ controller }) => controller) ?? references[0];
    if (reference === undefined) return [];
    const { apiVersion, kind, name, controller } = reference;
    const [version, group] = apiVersion.split('/').toReversed();
    const resource = group === undefined ? kind : `${kind}.${version}.${group}`;
    const args = ['get', resource, name, '-n', this.#namespace, '-o', 'json', '--ignore-not-found'];
    const { stdout } = await this.#cluster.kubectl(args);
    const owner = { kind, name, isLoose: controller !== true };
    if (stdout.trim() === '') return [owner];
    const { metadata } = JSON.parse(stdout) as { metadata: Metadata };
    const { generateName, ownerReferences = [] } = metadata;
    return [{ ...owner, ...(generateName && { generateName }) }, ...(await this.#owners(ownerReferences))];
  }
}

interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly generateName?: string;
  readonly isLoose: boolean;
}

type Answer = Omit<Row, 'count' | 'expected'>;

function fits(shape: string, name: string): boolean {
  const pattern = shape
    .split('*')
    .map((part) => part.replaceAll(/[.]/g, '\\.'))
    .join('[a-z0-9.-]*');
  return new RegExp(`^${pattern}$`).test(name);
}

/** A row for each answer, beside what was expected of as many Pods. */
function together(answers: readonly Answer[], wanted: readonly ExpectedPods[]): Row[] {
  const expectations = wanted.flatMap(({ expected, count = 1 }) => Array<string>(count).fill(expected));
  const sorted = answers.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  const paired = new Map<Answer, string>();
  const take = (answer: Answer, index: number) => paired.set(answer, expectations.splice(index, 1)[0] ?? '');
  for (const answer of sorted) {
    const index = expectations.indexOf(answer.came);
    if (index >= 0) take(answer, index);
  }
  for (const answer of sorted) if (!paired.has(answer)) take(answer, 0);
  const rows = new Map<string, Row>();
  for (const answer of sorted) {
    const row = { ...answer, expected: paired.get(answer) ?? '' };
    const key = JSON.stringify(row);
    rows.set(key, { ...row, count: (rows.get(key)?.count ?? 0) + 1 });
  }
  return [...rows.values()];
}
