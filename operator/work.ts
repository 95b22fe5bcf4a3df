import type { WorkQueue } from './kube/queue/workqueue.ts';
import type { Logger } from './observability/logging.ts';
import type { PluginParts } from './plugins/create-plugins.ts';
import type { NodeReports } from './plugins/reports/node-reports.ts';
import type { Statistics } from './plugins/status/statistics.ts';
import type { PodController } from './pods/controller.ts';
import { RunGroup, type Runnable } from './process/run-group.ts';
import type { PermissionReport } from './workloads/permission-report.ts';

export interface WorkOptions {
  readonly pods: Pick<PodController, 'run'>;
  /** What else runs while this instance looks after Pods, by name. */
  readonly besidePods: Readonly<Record<string, Runnable>>;
  readonly statistics: Pick<Statistics, 'incomplete'>;
  /** Undefined: this instance looks after the Pods of all nodes, while it leads. */
  readonly reports: Pick<NodeReports, 'publish' | 'collect'> | undefined;
  readonly pluginParts: Pick<PluginParts, 'controller' | 'revisionQueue'>;
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
    const { reports, pluginParts, permissions, permissionQueue, logger } = this.#options;
    pluginParts.controller.resync();
    permissions.restart();
    const group = new RunGroup({ signal: term, logger });
    if (reports === undefined) this.#startPods(group);
    else group.start('reports of all nodes', { run: (signal) => reports.collect(signal) });
    group.start('queue revision', pluginParts.revisionQueue);
    group.start('queue permission', permissionQueue);
    await group.ended;
  }

  #startPods(group: RunGroup): void {
    group.start('queue pod', { run: (signal) => this.#workOnPods(signal) });
    for (const [name, part] of Object.entries(this.#options.besidePods)) group.start(name, part);
  }

  /** Plugins' counts are complete as long as this instance looks after Pods, once it has caught up with them. */
  async #workOnPods(signal: AbortSignal): Promise<void> {
    const { pods, statistics } = this.#options;
    try {
      await pods.run(signal);
    } finally {
      statistics.incomplete();
    }
  }
}
