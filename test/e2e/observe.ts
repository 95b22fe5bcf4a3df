import type { World } from './world.ts';

/** A Pod as a user of the annotations sees it. */
export interface ObservedPod {
  readonly name: string;
  /** Type and name, as in `Deployment web`; empty without annotations. */
  readonly workload: string;
  readonly resolvedBy: string | undefined;
}

/** Every Pod of the cluster. */
export async function workloads({ plane }: World): Promise<ObservedPod[]> {
  const { items } = await plane.api.request<PodList>('GET', '/api/v1/pods');
  return items.map(({ metadata: { name, annotations = {} } }) => ({
    name,
    workload: [annotations['luaplugin.dev/workload-type'], annotations['luaplugin.dev/workload-name']]
      .filter((part) => part !== undefined)
      .join(' '),
    resolvedBy: annotations['luaplugin.dev/resolved-by'],
  }));
}

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  }[];
}

const annotation = (key: string) => `.metadata.annotations.luaplugin\\.dev/${key}`;
const columns = [
  'NAMESPACE:.metadata.namespace',
  'POD:.metadata.name',
  'OWNER:.metadata.ownerReferences[0].kind',
  `TYPE:${annotation('workload-type')}`,
  `WORKLOAD:${annotation('workload-name')}`,
  `RESOLVED-BY:${annotation('resolved-by')}`,
].join(',');

/** Shows how to make a Pod's workload columns of a table; once is enough. */
export function explainColumns({ narrator }: World): void {
  narrator.command(`columns='${columns}'`);
}

/** Shows all Pods with the workload in columns. */
export async function podTable(world: World): Promise<void> {
  await world.kubectl(['get', 'pods', '-A', '-o', `custom-columns=${columns}`], {
    shown: 'get pods -A -o custom-columns="$columns"',
  });
}

/** The value of one series on the operator's /metrics; undefined when it is not there. */
export async function metric({ operator }: World, series: string): Promise<number | undefined> {
  const text = await (await fetch(`${operator.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** The calls for which the operator at this address lacked a right, as lines of its /metrics. */
export async function refusedCalls(url: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const calls = text.split('\n').filter((line) => line.startsWith('rest_client_requests_total{'));
  if (!calls.some((line) => line.includes('code="200"'))) throw new Error(`${url}/metrics counts no calls`);
  return calls.filter((line) => line.includes('code="403"'));
}
