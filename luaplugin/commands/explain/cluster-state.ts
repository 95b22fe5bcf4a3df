import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { type KubeClient, metadataAccept } from '../../../operator/kube/client/client.ts';
import { isForbidden, isObjectNotFound } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { refuserOfNote, writeTexts } from '../../../operator/pods/refusals/refusal-texts.ts';
import { undefinedIf } from '../../cluster/requests.ts';
import { listRevisions, type RevisionsFrom, servingRevision } from '../../cluster/revisions.ts';
import { CommandError, UsageError } from '../../program/errors.ts';
import { labelPattern, subdomainPattern } from '../../program/options.ts';
import { servesSpec } from './candidate-plugin.ts';

/** A Pod's place in the cluster. */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads `NAMESPACE/NAME`, or `NAME` with a namespace from elsewhere.
 * @param option of --namespace
 * @param usual the kubeconfig's
 * @throws UsageError
 */
export function podReference(argument: string, option: string | undefined, usual: string): PodReference {
  const [first = '', second, ...more] = argument.split('/');
  const [namespace, name] = second === undefined ? [option ?? usual, first] : [first, second];
  if (more.length > 0 || !labelPattern.test(namespace) || !subdomainPattern.test(name)) {
    throw new UsageError(`${JSON.stringify(argument)} names no Pod; write NAMESPACE/NAME`);
  }
  if (option !== undefined && option !== namespace) {
    throw new UsageError(`two namespaces, ${namespace} and ${option}; give one`);
  }
  return { namespace, name };
}

/** A Pod, as far as it is looked at. */
export interface PodObject extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** @throws CommandError when there is no such Pod */
export async function readPod(client: KubeClient, { namespace, name }: PodReference): Promise<PodObject> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const pod = await undefinedIf(isObjectNotFound, client.request<PodObject>({ method: 'GET', path }));
  if (pod !== undefined) return pod;
  throw new CommandError(
    `there is no Pod "${name}" in the namespace ${namespace}; write it as NAMESPACE/NAME`,
  );
}

/** The labels of a Namespace; undefined when it is gone or must not be read. */
export async function readNamespaceLabels(
  client: KubeClient,
  namespace: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const path = `/api/v1/namespaces/${namespace}`;
  const request = client.request<KubeObject>({ method: 'GET', path, accept: metadataAccept });
  const object = await undefinedIf(isHidden, request);
  return object && (object.metadata.labels ?? {});
}

/** The revisions that serve, by plugin, of those plugins whose spec is not what serves. */
export async function readServing(
  plugins: readonly LuaPlugin[],
  from: RevisionsFrom,
): Promise<ReadonlyMap<string, StoredRevision>> {
  const serving = new Map<string, StoredRevision>();
  for (const plugin of plugins) {
    if (plugin.status?.activeRevision === undefined || servesSpec(plugin)) continue;
    const revisions = await undefinedIf(isHidden, listRevisions(plugin, from));
    const revision = servingRevision(plugin, revisions ?? []);
    if (revision !== undefined) serving.set(plugin.metadata.name, revision);
  }
  return serving;
}

/** It is gone, or you may not read it. */
function isHidden(error: unknown): boolean {
  return isForbidden(error) || isObjectNotFound(error);
}

/** Somebody refuses the operator's writes to Pods of a namespace. */
export interface WriteRefusal {
  readonly refuser: string;
  /** When the operator said so last, RFC 3339. */
  readonly at: string;
}

/** What is looked at of an events.k8s.io/v1 Event. */
interface EventObject {
  readonly reason?: string;
  readonly note?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime: string };
}

/** More Events about one Namespace the operator does not write in the hour for which they are kept. */
const maxEvents = 500;

/**
 * Who refuses the operator's writes to Pods of a namespace, by its Events about the Namespace, the latest first;
 * undefined when they must not be read.
 */
export async function readWriteRefusals(
  client: KubeClient,
  namespace: string,
): Promise<readonly WriteRefusal[] | undefined> {
  const path = '/apis/events.k8s.io/v1/namespaces/default/events';
  const query = { fieldSelector: `regarding.kind=Namespace,regarding.name=${namespace}`, limit: maxEvents };
  const list = await undefinedIf(
    isHidden,
    client.request<{ items?: readonly EventObject[] | null }>({ method: 'GET', path, query }),
  );
  return list && refusalsIn(list.items ?? []);
}

function refusalsIn(events: readonly EventObject[]): WriteRefusal[] {
  const latest = new Map<string, { reason: string; at: string }>();
  for (const { reason = '', note = '', eventTime, series } of events) {
    const refuser = refuserOfNote(note, writeTexts);
    const at = series?.lastObservedTime ?? eventTime ?? '';
    if (refuser === undefined || at < (latest.get(refuser)?.at ?? '')) continue;
    latest.set(refuser, { reason, at });
  }
  return [...latest]
    .filter(([, { reason }]) => reason === writeTexts.reason)
    .map(([refuser, { at }]) => ({ refuser, at }))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
}
