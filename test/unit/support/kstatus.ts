import type { LuaPlugin } from '../../../operator/api/generated.ts';

/** What kstatus makes of an object; Flux and other tools that wait for resources go by it. */
export type KStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating';

/**
 * kstatus' rules for custom resources, in their order, as its documentation has them (sigs.k8s.io/cli-utils,
 * pkg/kstatus): an object that is being deleted is Terminating; one whose status speaks of another generation is
 * InProgress; Reconciling means InProgress and Stalled means Failed, while they are True; else Ready decides, and
 * an object without it is taken for a good one.
 */
export function kstatusOf({ metadata, status = {} }: Pick<LuaPlugin, 'metadata' | 'status'>): KStatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const { observedGeneration, conditions = [] } = status;
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress';
  const holds = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  if (holds('Reconciling') === 'True') return 'InProgress';
  if (holds('Stalled') === 'True') return 'Failed';
  const ready = holds('Ready');
  return ready === undefined || ready === 'True' ? 'Current' : 'InProgress';
}

/**
 * Whether `kubectl wait --for=condition=TYPE` ends: the condition is True, and for the latest generation where it
 * says for which.
 */
export function kubectlWaitEnds({ metadata, status }: LuaPlugin, type: string): boolean {
  const condition = status?.conditions?.find((one) => one.type === type);
  if (condition === undefined) return false;
  const { observedGeneration = metadata.generation ?? 0 } = condition;
  return observedGeneration >= (metadata.generation ?? 0) && condition.status === 'True';
}
