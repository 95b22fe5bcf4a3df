import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from '../../observability/logging.ts';
import type { LeaderTransition } from '../../observability/metrics.ts';
import type { KubeClient } from '../client/client.ts';
import { FailedTerms } from './failed-terms.ts';
import { LeaderElection } from './leader-election.ts';

/** Which of several instances works; the one that does not keeps its knowledge warm. */
export interface Leadership {
  /** Whether this instance may write at this very moment. */
  readonly isLeader: boolean;
  /** Calls `lead` for each of this instance's terms, until the signal aborts. See LeaderElection.run. */
  run(signal: AbortSignal, lead: (term: AbortSignal) => Promise<void>): Promise<void>;
}

/** The Lease's name; also the label `name` of leader_election_master_status. */
export const leaseName = 'lua-plugin-operator';
/** The operator's own namespace when the kubeconfig's context names none; config/ installs there. */
export const defaultNamespace = 'luaplugin-system';

/** Names this process in Leases: different for every process that ever runs. */
export function newIdentity(): string {
  return `${hostname()}_${randomUUID()}`;
}

/** An instance that needs nobody's consent. */
function alone(logger: Logger): Leadership {
  const failedTerms = new FailedTerms({ logger });
  return {
    isLeader: true,
    run: async (signal, lead) => {
      while (!signal.aborted) await lead(signal).catch((error: unknown) => failedTerms.add(error, signal));
    },
  };
}

/** The config's section; times in milliseconds. */
export interface LeaderElectionConfig {
  readonly enabled: boolean;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Leadership as the config wants it: by a Lease in the operator's own namespace, or none to share. */
export function createLeadership(options: {
  readonly config: LeaderElectionConfig;
  readonly namespace: string;
  /** See newIdentity. */
  readonly identity: string;
  readonly client: KubeClient;
  readonly onTransition: (transition: LeaderTransition) => void;
  readonly logger: Logger;
}): Leadership {
  const { config, namespace, identity, client, onTransition, logger } = options;
  if (!config.enabled) return alone(logger);
  return new LeaderElection({
    client,
    namespace,
    name: leaseName,
    identity,
    onTransition,
    logger,
    durationMs: config.leaseDurationMs,
    renewDeadlineMs: config.renewDeadlineMs,
    retryMs: config.retryPeriodMs,
  });
}
