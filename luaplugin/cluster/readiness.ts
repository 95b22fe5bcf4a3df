import type { Condition, LuaPlugin } from '../../operator/api/generated.ts';

/** Where a plugin's latest generation is on its way. */
export type Readiness =
  | { readonly state: 'ready'; readonly message: string }
  /** Waiting does not help: the spec has to change. */
  | { readonly state: 'failed'; readonly reason: string; readonly message: string }
  /** Nobody has looked at it yet, or what it waits for may come. */
  | { readonly state: 'waiting'; readonly reason: string | undefined; readonly message: string };

/**
 * Reads a plugin's conditions, as far as they speak of a generation.
 * @param generation the one that is waited for, or a later one
 */
export function readinessOf({ metadata, status }: LuaPlugin, generation: number): Readiness {
  const observed = status?.observedGeneration ?? 0;
  if (observed < generation) {
    return {
      state: 'waiting',
      reason: undefined,
      message: `the operator has not looked at generation ${metadata.generation} yet`,
    };
  }
  const find = (type: string): Condition | undefined =>
    status?.conditions?.find((condition) => condition.type === type && isOf(condition, generation));
  const ready = find('Ready');
  if (ready?.status === 'True') return { state: 'ready', message: ready.message };
  const reason = ready?.reason ?? 'Unknown';
  const message = ready?.message ?? '';
  const isFinal = find('Stalled')?.status === 'True' || reason === 'Suspended';
  return { state: isFinal ? 'failed' : 'waiting', reason, message };
}

function isOf({ observedGeneration = 0 }: Condition, generation: number): boolean {
  return observedGeneration >= generation;
}
