import type { ObjectMeta } from '../../../operator/kube/client/types.ts';
import { type Call, type FaultProxy, isList, isWatch, ofPods } from '../../support/fault-proxy.ts';

/** What an operator was told of a Pod. */
export interface PodNews {
  /** The Pod is gone, or on its way: it has a deletionTimestamp. */
  readonly isGoing: boolean;
  readonly pod: ObjectMeta;
}

interface WatchLine {
  readonly type: string;
  readonly object: { readonly metadata: ObjectMeta };
}

/**
 * Reads the answers to an operator's lists and watches of Pods as its proxy passes them on. What is cut off in the
 * middle of a line, or of a list, has not been told.
 * @returns the function that ends it
 */
export function followPodNews(
  proxy: Pick<FaultProxy, 'listen'>,
  onNews: (news: PodNews) => void,
): () => void {
  const texts = new WeakMap<Call, Buffer[]>();
  const lineOf = (line: string) => {
    const { type, object } = JSON.parse(line) as WatchLine;
    if (type === 'BOOKMARK' || type === 'ERROR') return;
    onNews({ isGoing: type === 'DELETED' || isGoing(object.metadata), pod: object.metadata });
  };
  const collect = (call: Call, bytes: Buffer) => {
    const parts = texts.get(call) ?? [];
    parts.push(bytes);
    texts.set(call, parts);
    if (!isWatch(call) || !bytes.includes('\n')) return;
    const all = Buffer.concat(parts);
    const end = all.lastIndexOf('\n') + 1;
    texts.set(call, [all.subarray(end)]);
    for (const line of all.toString('utf8', 0, end).split('\n')) if (line !== '') lineOf(line);
  };
  return proxy.listen((event) => {
    const { call } = event;
    if (!ofPods(call) || !(isList(call) || isWatch(call))) return;
    if (event.kind === 'passed') collect(call, event.bytes);
    if (event.kind !== 'answered' || event.status !== 200 || isWatch(call)) return;
    const { items } = JSON.parse(Buffer.concat(texts.get(call) ?? []).toString('utf8')) as {
      items: { metadata: ObjectMeta }[];
    };
    for (const { metadata } of items) onNews({ isGoing: isGoing(metadata), pod: metadata });
  });
}

function isGoing(pod: ObjectMeta): boolean {
  return 'deletionTimestamp' in pod;
}
