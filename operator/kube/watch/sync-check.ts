import type { HealthCheck } from '../../observability/health.ts';
import type { KubeObject } from '../client/types.ts';
import type { Reflector } from './reflector.ts';

/** A reflector's part in /readyz: fails while it can't watch, and until it has listed once. */
export function syncCheck(
  name: string,
  reflector: Pick<Reflector<KubeObject>, 'isSynced' | 'lastError'>,
): HealthCheck {
  const check = () => reflector.lastError ?? (reflector.isSynced ? undefined : 'not listed yet');
  return { name, check };
}
