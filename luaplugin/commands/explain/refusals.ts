import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { refuserOfNote, writeTexts } from '../../../operator/pods/refusals/refusal-texts.ts';
import { unlessHidden } from './read.ts';

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
  const list = await unlessHidden(
    client.request<{ items?: readonly EventObject[] | null }>({
      method: 'GET',
      path: '/apis/events.k8s.io/v1/namespaces/default/events',
      query: { fieldSelector: `regarding.kind=Namespace,regarding.name=${namespace}`, limit: maxEvents },
    }),
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
