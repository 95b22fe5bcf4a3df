import type { KubeClient } from '../kube/client/client.ts';
import type { Discovery } from '../kube/client/discovery.ts';
import type { EventInput } from '../kube/events/events.ts';
import type { CreateQueue } from '../kube/queue/create-queue.ts';
import type { Logger } from '../observability/logging.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Clock } from '../time/clock.ts';
import { FollowedOwners } from './followed-owners.ts';
import { ConfiguredKinds, type KindRules, type ResourceEntry } from './kind-rules.ts';
import { MissingDependencies } from './missing-dependencies.ts';
import { OwnerReader } from './owner-reader.ts';
import { OwnerWatches } from './owner-watches.ts';
import { PermissionReport } from './permission-report.ts';
import { UnservedResources } from './unserved-resources.ts';

export interface WorkloadsOptions {
  readonly client: KubeClient;
  /** Writes only while this instance leads. */
  readonly fencedClient: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  readonly discovery: Discovery;
  /** The config's `resources` that Pods are of. */
  readonly resources: readonly ResourceEntry[];
  /** The config's. */
  readonly standardWorkload: 'nearest' | 'topmost';
  /** Whether Pods of this namespace are looked after. */
  readonly inScope: (namespace: string) => boolean;
  /** False where many instances would all watch the same: each then reads the owners of its Pods. */
  readonly watchesOwners: boolean;
  /** How many Pods are decided at a time. */
  readonly concurrency: number;
  readonly createQueue: CreateQueue;
  readonly recordEvent: (event: EventInput) => void;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Standard resolution. */
export interface Workloads {
  /** Runs while this instance works on Pods. */
  readonly owners: FollowedOwners;
  readonly reader: OwnerReader;
  /** Runs as long as the operator. */
  readonly watches: OwnerWatches | undefined;
  readonly kinds: KindRules;
  /** Runs while this instance works on Pods. */
  readonly missing: MissingDependencies;
  /** Runs while this instance leads. */
  readonly permissions: PermissionReport;
  /** Ends by itself. */
  readonly unserved: UnservedResources;
}

/** How often, in milliseconds, is looked for what owners can't be followed without. */
const missingIntervalMs = 5_000;

/** Makes what follows Pods' owners; nothing runs yet. */
export function createWorkloads(options: WorkloadsOptions): Workloads {
  const {
    client,
    fencedClient,
    namespace,
    discovery,
    resources,
    standardWorkload,
    createQueue,
    metrics,
    clock,
    logger,
  } = options;
  const missing = new MissingDependencies({ clock, logger, intervalMs: missingIntervalMs });
  const permissions = new PermissionReport({
    client: fencedClient,
    namespace,
    queue: createQueue({ name: 'permission', concurrency: 1 }),
    recordEvent: options.recordEvent,
    logger,
  });
  const reader = new OwnerReader({
    client,
    discovery,
    logger,
    clock,
    missing,
    workers: options.concurrency,
    onRead: (result) => metrics.ownerReads.inc({ result }),
    onForbidden: (permission) => permissions.add(permission),
    onAllowed: (permission) => permissions.remove(permission),
  });
  const watches = options.watchesOwners
    ? new OwnerWatches({ client, discovery, inScope: options.inScope, clock, logger })
    : undefined;
  metrics.followWatchedOwners(() => watches?.sizes() ?? []);
  return {
    owners: new FollowedOwners({ reader, watches, clock, logger }),
    reader,
    watches,
    kinds: new ConfiguredKinds({ resources, standardWorkload, discovery, missing }),
    missing,
    permissions,
    unserved: new UnservedResources({ resources, discovery, clock, logger }),
  };
}
