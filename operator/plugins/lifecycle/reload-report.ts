import type { Logger } from '../../observability/logging.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { PluginState } from '../state/plugin-state.ts';

/** Tells metrics and log what an attempt to bring a plugin to its latest generation came to. */
export function reportReload(
  name: string,
  before: PluginState | undefined,
  state: PluginState,
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: Logger },
): void {
  const { outcome, active, generation } = state;
  const fields = { plugin: name, generation, servingRevision: active?.number };
  if (outcome.state === 'dormant') {
    if (before?.outcome.state !== 'dormant' || before.outcome.message !== outcome.message)
      logger.info({ ...fields, why: outcome.message }, 'plugin dormant');
    return;
  }
  metrics.ready.set({ plugin: name }, outcome.state === 'serving' ? 1 : 0);
  metrics.suspended.set({ plugin: name }, outcome.state === 'suspended' ? 1 : 0);
  metrics.activeRevision.set({ plugin: name }, active?.number ?? 0);
  switch (outcome.state) {
    case 'suspended':
      logger.info(fields, 'plugin suspended');
      return;
    case 'serving':
      if (before?.outcome.state === 'serving' && active?.number === before.active?.number) return;
      metrics.reloads.inc({ plugin: name, result: 'success' });
      logger.info(fields, 'plugin serves');
      return;
    case 'failed':
      if (stillWaits(before, state)) return;
      metrics.reloads.inc({ plugin: name, result: 'failure' });
      logger.warn({ ...fields, reason: outcome.reason, error: outcome.message }, 'plugin not ready');
  }
}

/** What a plugin waits for is looked for every few seconds, and that it is still missing is no news. */
function stillWaits(before: PluginState | undefined, { outcome, generation }: PluginState): boolean {
  if (before?.outcome.state !== 'failed' || outcome.state !== 'failed') return false;
  return (
    outcome.retry === 'waiting' &&
    before.generation === generation &&
    before.outcome.reason === outcome.reason &&
    before.outcome.message === outcome.message
  );
}
