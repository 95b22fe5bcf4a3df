import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { ControllerMetrics } from './controller-metrics.ts';
import { declare, PartTimeGauge } from './declare.ts';

/** What a write to a Pod can come to: the values of label `result` of luaplugin_pod_writes_total. */
export const writeResults = ['success', 'gone', 'refused', 'mirror_refused', 'error'] as const;
export type WriteResult = (typeof writeResults)[number];

/** What reading an owner can come to: the values of label `result` of luaplugin_owner_reads_total. */
export const ownerReadResults = ['found', 'gone', 'forbidden', 'unserved', 'error'] as const;
export type OwnerReadResult = (typeof ownerReadResults)[number];

/** Why the sandbox host or a Worker is restarted: the values of label `reason` of luaplugin_sandbox_restarts_total. */
export const restartReasons = ['host', 'timeout', 'memory', 'crash'] as const;

/**
 * How an instance came to lead, and how it ceased to: it was stopped (`released`), its work failed and it gave the lease
 * up (`failed`), it could not renew the lease in time or found another's (`lost`). The values of label `transition` of
 * luaplugin_leader_transitions_total.
 */
export const leaderTransitions = ['acquired', 'released', 'failed', 'lost'] as const;
export type LeaderTransition = (typeof leaderTransitions)[number];

/** Who refuses writes is a label only for so many who refuse the most Pods; all others are `other`. */
const refuserLabels = 20;

const executionResults = ['resolved', 'skipped', 'error'] as const;
const reloadResults = ['success', 'failure'] as const;

/** Seconds: one Lua call takes some 20 us and may take up to its limit. */
const executionBuckets = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1, 1];
/** Seconds: the goal is 200 ms from a Pod's event to its annotation. */
const resolutionBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Every metric of the operator. Label values are plugin names and constants, never a Pod's name. */
export class Metrics {
  readonly registry: Registry;
  readonly controller: ControllerMetrics;
  readonly executions;
  readonly errors;
  readonly executionDuration;
  readonly pods;
  readonly dryRunPods;
  readonly conflicts;
  readonly ready;
  readonly suspended;
  readonly activeRevision;
  readonly reloads;
  readonly sandboxRestarts;
  readonly leaderTransitions;
  readonly podWrites;
  readonly ownerReads;
  readonly resolutionDuration;
  readonly #errorReasons: readonly string[];
  readonly #plugins = new Set<string>();
  #isWorking = () => true;

  /**
   * @param errorReasons the values that label `reason` of luaplugin_errors_total can take
   * @param registry where all is registered; a fresh one by default, so that two operators in a test never mix
   */
  constructor(errorReasons: readonly string[], registry: Registry = new Registry()) {
    this.registry = registry;
    this.#errorReasons = errorReasons;
    collectDefaultMetrics({ register: registry });
    this.controller = new ControllerMetrics(registry);
    const { counter, gauge, histogram } = declare(registry);
    // Of what one of several instances works on: two of them would add up to twice as much.
    const workGauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new PartTimeGauge<L>({ name, help, labelNames, registers: [registry] }, () => this.#isWorking());

    this.executions = counter('luaplugin_executions_total', 'Calls of a plugin, by what they came to.', [
      'plugin',
      'result',
    ]);
    this.errors = counter(
      'luaplugin_errors_total',
      'Errors of a plugin while it was loaded, tested or called, by reason.',
      ['plugin', 'reason'],
    );
    this.executionDuration = histogram(
      'luaplugin_execution_duration_seconds',
      'Time of one call of a plugin in its sandbox.',
      ['plugin'],
      executionBuckets,
    );
    this.pods = workGauge('luaplugin_pods', 'Pods whose workload this plugin resolved.', ['plugin']);
    this.dryRunPods = workGauge(
      'luaplugin_dry_run_pods',
      'Pods whose annotations this plugin would change if its mode were not DryRun.',
      ['plugin'],
    );
    this.conflicts = workGauge(
      'luaplugin_conflicts',
      'Plugins of the same priority that call some Pod differently than this one; found by samples.',
      ['plugin'],
    );
    this.ready = gauge(
      'luaplugin_ready',
      '1 while the latest generation of the plugin is loaded, tested and serving, else 0.',
      ['plugin'],
    );
    this.suspended = gauge('luaplugin_suspended', '1 while the plugin is kept without being run, else 0.', [
      'plugin',
    ]);
    this.activeRevision = gauge(
      'luaplugin_active_revision',
      'Number of the revision that serves; 0 while none does.',
      ['plugin'],
    );
    this.reloads = counter(
      'luaplugin_reloads_total',
      'Attempts to put a new revision of a plugin to work, by result.',
      ['plugin', 'result'],
    );
    this.sandboxRestarts = counter(
      'luaplugin_sandbox_restarts_total',
      'Restarts of the sandbox host or of one of its Workers, by reason.',
      ['reason'],
    );
    this.leaderTransitions = counter(
      'luaplugin_leader_transitions_total',
      'How often this instance began to lead, and how often it ceased to, by why.',
      ['transition'],
    );
    this.podWrites = counter('luaplugin_pod_writes_total', 'Writes of annotations to Pods, by result.', [
      'result',
    ]);
    this.ownerReads = counter(
      'luaplugin_owner_reads_total',
      'Owners that the API server was asked about one by one, by what came of it.',
      ['result'],
    );
    this.resolutionDuration = histogram(
      'luaplugin_resolution_duration_seconds',
      'Time from the event about a Pod to its annotations.',
      [],
      resolutionBuckets,
    );
    for (const reason of restartReasons) this.sandboxRestarts.inc({ reason }, 0);
    for (const transition of leaderTransitions) this.leaderTransitions.inc({ transition }, 0);
    for (const result of writeResults) this.podWrites.inc({ result }, 0);
    for (const result of ownerReadResults) this.ownerReads.inc({ result }, 0);
    this.resolutionDuration.zero({});
  }

  /** Makes a plugin's series at zero, so that its first failure is a rise that an alert can see. */
  addPlugin(plugin: string): void {
    this.#plugins.add(plugin);
    for (const result of executionResults) this.executions.inc({ plugin, result }, 0);
    for (const reason of this.#errorReasons) this.errors.inc({ plugin, reason }, 0);
    for (const result of reloadResults) this.reloads.inc({ plugin, result }, 0);
    this.executionDuration.zero({ plugin });
    this.pods.set({ plugin }, 0);
    this.dryRunPods.set({ plugin }, 0);
    this.conflicts.set({ plugin }, 0);
    this.ready.set({ plugin }, 0);
    this.suspended.set({ plugin }, 0);
    this.activeRevision.set({ plugin }, 0);
  }

  /** Removes every series of a deleted plugin. */
  removePlugin(plugin: string): void {
    this.#plugins.delete(plugin);
    for (const result of executionResults) this.executions.remove({ plugin, result });
    for (const reason of this.#errorReasons) this.errors.remove({ plugin, reason });
    for (const result of reloadResults) this.reloads.remove({ plugin, result });
    this.executionDuration.remove({ plugin });
    this.pods.remove({ plugin });
    this.dryRunPods.remove({ plugin });
    this.conflicts.remove({ plugin });
    this.ready.remove({ plugin });
    this.suspended.remove({ plugin });
    this.activeRevision.remove({ plugin });
  }
  /** The sandbox host or one of its Workers was restarted. */
  countRestart(reason: (typeof restartReasons)[number]): void {
    this.sandboxRestarts.inc({ reason });
  }

  /** Lets the gauges about the Pods be seen only while this instance works on them. */
  followWork(isWorking: () => boolean): void {
    this.#isWorking = isWorking;
  }

  /** Shows, at each scrape, the seconds that the Pod waits that waits longest. */
  followLongestWait(seconds: () => number): void {
    const configuration = {
      name: 'luaplugin_longest_waiting_pod_seconds',
      help: 'How long the Pod waits for its annotations that waits longest now; 0 when none does.',
      registers: [this.registry],
      collect(this: Gauge) {
        this.set(seconds());
      },
    };
    new PartTimeGauge(configuration, () => this.#isWorking());
  }

  /** Shows, at each scrape, which plugins are not asked for a while because their calls had to be stopped. */
  followQuarantine(isQuarantined: (plugin: string) => boolean): void {
    const plugins = this.#plugins;
    new Gauge({
      name: 'luaplugin_quarantined',
      help: '1 while the plugin is not asked because its calls had to be stopped repeatedly, else 0.',
      labelNames: ['plugin'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const plugin of plugins) this.set({ plugin }, isQuarantined(plugin) ? 1 : 0);
      },
    });
  }

  /** Shows, at each scrape, how many owners of Pods are watched, by resource: `replicasets.apps`. */
  followWatchedOwners(counts: () => Iterable<readonly [resource: string, owners: number]>): void {
    new Gauge({
      name: 'luaplugin_watched_owners',
      help: 'Owners of Pods that are kept because their resource is watched.',
      labelNames: ['resource'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [resource, owners] of counts()) this.set({ resource }, owners);
      },
    });
  }

  /** Shows, at each scrape, who refuses to have Pods annotated: the namespaces, and the Pods that wait. */
  followRefusals(counts: () => Iterable<readonly [string, { namespaces: number; pods: number }]>): void {
    const most = () => [...counts()].sort(([, a], [, b]) => b.pods - a.pods);
    for (const [what, name, help] of [
      [
        'namespaces',
        'luaplugin_refused_namespaces',
        'Namespaces where the refuser refuses to have Pods annotated.',
      ],
      [
        'pods',
        'luaplugin_refused_pods',
        'Pods that wait because the refuser refuses to have them annotated.',
      ],
    ] as const) {
      new Gauge({
        name,
        help,
        labelNames: ['refuser'],
        registers: [this.registry],
        collect() {
          this.reset();
          for (const [index, [refuser, count]] of most().entries()) {
            this.inc({ refuser: index < refuserLabels ? refuser : 'other' }, count[what]);
          }
        },
      });
    }
  }
}
