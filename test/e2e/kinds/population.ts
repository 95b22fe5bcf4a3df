import type { OwnerReference } from '../../../operator/kube/client/types.ts';
import { groupOf } from '../../../operator/workloads/kinds.ts';
import { controllerReference } from '../../../operator/workloads/standard.ts';
import type { ApiClient } from '../../cluster/api-client.ts';
import { eventually } from '../../support/eventually.ts';
import type { PodFixture } from '../../unit/workloads/pod-fixtures.ts';
import { isBuiltIn, pluralOf } from './stand-ins.ts';

/** Labels that a controller puts on a Pod, which its template therefore does not have. */
const controllersLabels =
  /^(pod-template-hash|controller-revision-hash|pod-template-generation|controller-uid|job-name|batch\.kubernetes\.io\/.*|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index)$/;

/** A CronJob runs what it has missed at once; it is not due again while the test lasts. */
const yearly = '0 0 1 1 *';
const longAgo = '2020-06-01T00:00:00Z';

interface Created {
  readonly metadata: { readonly uid: string };
}

/** The namespace that a fixture is played in: its own, so that names can't meet. */
export function namespaceOf({ file }: PodFixture): string {
  return file.replace('/', '-');
}

/**
 * Makes a fixture's owners and its Pod: custom resources as their operators would, and what Kubernetes' own
 * controllers make by these.
 */
export async function play(api: ApiClient, fixture: PodFixture): Promise<void> {
  const namespace = namespaceOf(fixture);
  await api.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  // Without it no Pod may be created.
  await eventually(`the default service account of ${namespace}`, () =>
    api.request('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`),
  );
  const { name, labels, annotations, ownerReferences = [] } = fixture.metadata;
  const owners = await new Owners(api, fixture).makeAll(ownerReferences);
  const controller = controllerReference(ownerReferences);
  if (controller !== undefined && isController(controller)) return;
  await create(api, 'v1', 'Pod', namespace, {
    metadata: { name, labels, annotations, ownerReferences: owners },
    spec: { ...podSpec, nodeName: 'node-0' },
  });
}

const makesNoPods = new Set(['Pod', 'Node', 'PersistentVolumeClaim']);

/** Whether one of Kubernetes' own controllers makes the Pods of this owner. */
function isController({ apiVersion, kind }: OwnerReference): boolean {
  return isBuiltIn(apiVersion) && !makesNoPods.has(kind);
}

/** The owners of one fixture; each is made once, however many refer to it. */
class Owners {
  readonly #api: ApiClient;
  readonly #fixture: PodFixture;
  readonly #namespace: string;
  readonly #made = new Map<string, Promise<Created>>();

  constructor(api: ApiClient, fixture: PodFixture) {
    this.#api = api;
    this.#fixture = fixture;
    this.#namespace = namespaceOf(fixture);
  }

  /** Makes owners, those above them first. @returns the references with the UIDs that they got */
  makeAll(references: readonly OwnerReference[]): Promise<OwnerReference[]> {
    return Promise.all(
      references.map(async (reference) => {
        const key = `${reference.apiVersion}/${reference.kind}/${reference.name}`;
        const made = this.#made.get(key) ?? this.#make(reference);
        this.#made.set(key, made);
        return { ...reference, uid: (await made).metadata.uid };
      }),
    );
  }

  async #make(reference: OwnerReference): Promise<Created> {
    const { apiVersion, kind, name } = reference;
    if (kind === 'Node') return this.#api.request<Created>('GET', `/api/v1/nodes/${name}`);
    const owner = this.#fixture.owners.find((one) => one.kind === kind && one.name === name);
    const above = owner?.ownerReferences ?? [];
    // These make it, and its Pods, themselves.
    const maker = above.find((one) => isController(one));
    if (maker !== undefined) return this.#make(maker);
    const ownerReferences = await this.makeAll(above);
    const spec = specOf(this.#fixture, apiVersion, kind);
    const created = await create(this.#api, apiVersion, kind, this.#namespace, {
      metadata: { name, ownerReferences },
      ...(spec && { spec }),
    });
    if (kind === 'CronJob' && groupOf(apiVersion) === 'batch') {
      const path = `/apis/batch/v1/namespaces/${this.#namespace}/cronjobs/${name}/status`;
      await this.#api.request('PATCH', path, { status: { lastScheduleTime: longAgo } });
    }
    return created;
  }
}

const podSpec = { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] };

function specOf(fixture: PodFixture, apiVersion: string, kind: string): object | undefined {
  if (!isBuiltIn(apiVersion)) return undefined;
  if (kind === 'Pod') return { ...podSpec, nodeName: 'node-0' };
  if (kind === 'PersistentVolumeClaim') {
    return { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  }
  const { labels = {}, annotations } = fixture.metadata;
  const own = Object.entries(labels).filter(([key]) => !controllersLabels.test(key));
  const matchLabels = { ...Object.fromEntries(own), fixture: namespaceOf(fixture) };
  const template = { metadata: { labels: matchLabels, annotations }, spec: podSpec };
  const job = { template: { ...template, spec: { ...podSpec, restartPolicy: 'Never' } } };
  switch (kind) {
    case 'Job':
      return job;
    case 'CronJob':
      return { schedule: yearly, jobTemplate: { spec: job } };
    case 'DaemonSet':
      return { selector: { matchLabels }, template };
    case 'ReplicationController':
      return { replicas: 1, selector: matchLabels, template };
    default:
      return { replicas: 1, selector: { matchLabels }, template };
  }
}

function create(
  api: ApiClient,
  apiVersion: string,
  kind: string,
  namespace: string,
  object: object,
): Promise<Created> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = `${root}/namespaces/${namespace}/${pluralOf(apiVersion, kind)}`;
  return api.request<Created>('POST', path, { apiVersion, kind, ...object });
}
