import { aborted } from './kube/aborted.ts';
import { RunGroup, type Runnable } from './kube/run-group.ts';
import type { WorkQueue } from './kube/workqueue.ts';
import type { Logger } from './observability/logging.ts';
import type { NodeReports } from './plugins/reports/node-reports.ts';
import type { PluginRoom } from './plugins/room.ts';
import type { Statistics } from './plugins/statistics.ts';
import type { PermissionReport } from './workloads/permission-report.ts';

export interface WorkOptions {
  readonly podQueue: WorkQueue;
  /** What else runs while this instance looks after Pods, by name. */
  readonly besidePods: Readonly<Record<string, Runnable>>;
  readonly statistics: Pick<Statistics, 'complete' | 'incomplete'>;
  /** Undefined: this instance looks after the Pods of all nodes, while it leads. */
  readonly reports: Pick<NodeReports, 'publish' | 'collect'> | undefined;
  readonly pluginRoom: Pick<PluginRoom, 'controller' | 'revisionQueue'>;
  readonly permissions: Pick<PermissionReport, 'restart'>;
  readonly permissionQueue: WorkQueue;
  readonly logger: Logger;
}

/** What is done about Pods once all are known, and by whom: by each instance, or by the one that leads. */
export class Work {
  readonly #options: WorkOptions;

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  /** Starts what each instance does, whether it leads or not. */
  start(group: RunGroup): void {
    const { reports } = this.#options;
    if (reports === undefined) return;
    this.#startPods(group);
    group.start('report of the node', { run: (signal) => reports.publish(signal) });
  }

  /** The work of the one instance that is elected; it ends with the term. @throws PartError */
  async lead(term: AbortSignal): Promise<void> {
    const { reports, pluginRoom, permissions, permissionQueue, logger } = this.#options;
    pluginRoom.controller.resync();
    permissions.restart();
    const group = new RunGroup({ signal: term, logger });
    if (reports === undefined) this.#startPods(group);
    else group.start('reports of all nodes', { run: (signal) => reports.collect(signal) });
    group.start('queue revision', pluginRoom.revisionQueue);
    group.start('queue permission', permissionQueue);
    await group.ended;
  }

  #startPods(group: RunGroup): void {
    const { podQueue, besidePods } = this.#options;
    group.start('counts', { run: (signal) => this.#count(signal) });
    group.start('queue pod', podQueue);
    for (const [name, part] of Object.entries(besidePods)) group.start(name, part);
  }

  /** Plugins' counts are complete once all Pods have been looked at, as long as this instance looks after them. */
  async #count(signal: AbortSignal): Promise<void> {
    const { podQueue, statistics } = this.#options;
    await Promise.race([podQueue.whenIdle(), aborted(signal)]);
    if (signal.aborted) return;
    statistics.complete();
    await aborted(signal);
    statistics.incomplete();
  }
}
