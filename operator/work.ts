import type { Logger } from './observability/logging.ts';
import type { Plugins } from './plugins/create-plugins.ts';
import type { Pods } from './pods/create-pods.ts';
import { RunGroup } from './process/run-group.ts';
import type { Workloads } from './workloads/create-workloads.ts';

export interface WorkOptions {
  readonly plugins: Plugins;
  readonly workloads: Workloads;
  readonly pods: Pods;
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
    const { reports } = this.#options.plugins;
    if (reports === undefined) return;
    this.#startPods(group);
    group.start('report of the node', { run: (signal) => reports.publish(signal) });
  }

  /** The work of the one instance that is elected; it ends with the term. @throws PartError */
  async lead(term: AbortSignal): Promise<void> {
    const { plugins, workloads, logger } = this.#options;
    const { reports, controller, history } = plugins;
    controller.resync();
    workloads.permissions.restart();
    const group = new RunGroup({ signal: term, logger });
    if (reports === undefined) this.#startPods(group);
    else group.start('reports of all nodes', { run: (signal) => reports.collect(signal) });
    group.start('queue revision', history);
    group.start('queue permission', workloads.permissions);
    await group.ended;
  }

  #startPods(group: RunGroup): void {
    const { pods, workloads } = this.#options;
    group.start('queue pod', { run: (signal) => this.#workOnPods(signal) });
    group.start('conflict check', pods.conflicts);
    group.start('missing dependencies', workloads.missing);
    group.start('owners read again', workloads.owners);
    group.start('refused writes', pods.refusals);
  }

  /** Plugins' counts are complete as long as this instance looks after Pods, once it has caught up with them. */
  async #workOnPods(signal: AbortSignal): Promise<void> {
    const { pods, plugins } = this.#options;
    try {
      await pods.controller.run(signal);
    } finally {
      plugins.statistics.incomplete();
    }
  }
}
