import { type Call, type FaultProxy, isList, isPatch, isWatch } from '../support/fault-proxy.ts';
import { steadyPrefix } from './expected.ts';

/**
 * Follows calls that are refused with a Retry-After, and notes those that come again sooner. Only calls that nothing
 * but a retry repeats are looked at: the lists and watches of reflectors, and PATCHes of Pods that nobody changes.
 */
export function followRetryAfter(
  proxy: FaultProxy,
  seconds: number,
): { readonly early: readonly string[]; readonly end: () => void } {
  const arrivals = new Map<string, number>();
  const refused = new Map<string, number>();
  const early: string[] = [];
  const keyOf = ({ method, path, query }: Call) => `${method} ${path} ${query.get('watch') ?? ''}`;
  const isFollowed = (call: Call) =>
    isPatch(call)
      ? call.path.includes(`/${steadyPrefix}`)
      : (isList(call) || isWatch(call)) && /\/(pods|namespaces|luaplugins)$/.test(call.path);
  const end = proxy.listen((event) => {
    const { call } = event;
    if (!isFollowed(call)) return;
    const key = keyOf(call);
    if (event.kind === 'arrived') {
      const waitedMs = Date.now() - (refused.get(key) ?? Number.NEGATIVE_INFINITY);
      if (waitedMs < seconds * 1000) early.push(`${key} after ${waitedMs} ms`);
      refused.delete(key);
      arrivals.set(key, Date.now());
    } else if (event.kind === 'answered' && event.status === 429) {
      // Counted from the call's arrival: the answer is passed on before this is told.
      refused.set(key, arrivals.get(key) ?? 0);
    }
  });
  return { early, end };
}
