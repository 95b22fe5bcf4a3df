import type { Attributes, Tracer, TraceSpan } from '../../observability/tracing/tracer.ts';
import type { Decision } from '../store/decision.ts';
import type { PodRecord } from '../store/pod.ts';

/** Follows which Pod asks what, and in whose span. */
export interface AskTrace {
  /** Asks about a Pod. @param isAhead its turn has not come: it is asked about in the span of another */
  ask(pod: PodRecord, isAhead: boolean, ask: () => Promise<Decision>): Promise<Decision>;
  /** The Pod whose turn it is takes a decision that was asked for ahead. */
  take(decision: Promise<Decision>): void;
}

/** All that a trace says of a Pod. @param pod undefined: it is gone */
export function podAttributes(pod: Pick<PodRecord, 'namespace' | 'name'> | undefined): Attributes {
  return pod === undefined ? {} : { 'k8s.namespace.name': pod.namespace, 'k8s.pod.name': pod.name };
}

/** A span for each Pod that is asked about; a Pod that was asked about ahead has a link to it. */
export function createAskTrace(tracer: Tracer): AskTrace {
  const asked = new WeakMap<Promise<Decision>, TraceSpan>();
  return {
    ask: (pod, isAhead, ask) => {
      let made: TraceSpan | undefined;
      const attributes = { ...podAttributes(pod), 'luaplugin.ahead': isAhead };
      const decision = tracer.span('resolve', { attributes }, (span) => {
        made = span;
        return ask();
      });
      if (made !== undefined) asked.set(decision, made);
      return decision;
    },
    take: (decision) => {
      const span = asked.get(decision);
      if (span !== undefined) tracer.active?.link(span);
    },
  };
}
