import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type LogLine, type RunningOperator, startOperator } from '../cluster/operator.ts';
import { type FaultProxy, isWatch, ofPods, startFaultProxy } from '../support/fault-proxy.ts';
import { Standstill } from './invariants/standstill.ts';
import { until } from './wait.ts';

export interface InstanceOptions {
  /** The service account's, straight to the API server. */
  readonly kubeconfig: string;
  readonly configFile: string;
  /** As startOperator has them. */
  readonly entry?: string;
  readonly logLevel?: string;
}

/** Told of each process: that it is being started, and what its log was in the end. */
export interface RunListener {
  readonly started: () => void;
  readonly ended: (logs: readonly LogLine[]) => void;
}

/** How often, in milliseconds, a process is asked whether it is alive, and how late its answer may be. */
const askEveryMs = 100;
const latenessMs = 400;

const leading = 'leader_election_master_status{name="lua-plugin-operator"}';

/** One operator process behind a proxy of its own; the process may be killed and started again. */
export class Instance {
  readonly proxy: FaultProxy;
  /** When it was paused or cut off, or did not come to answer: a machine that does too much else. */
  readonly standstill = new Standstill();
  readonly #options: InstanceOptions;
  readonly #listeners: RunListener[] = [];
  #operator: RunningOperator | undefined;

  private constructor(proxy: FaultProxy, options: InstanceOptions) {
    this.proxy = proxy;
    this.#options = options;
  }

  /** Starts the proxy, not the operator yet. */
  static async create(options: InstanceOptions): Promise<Instance> {
    const proxy = await startFaultProxy(options.kubeconfig);
    try {
      const kubeconfig = await proxy.kubeconfig(options.kubeconfig);
      return new Instance(proxy, { ...options, kubeconfig });
    } catch (error) {
      await proxy.close();
      throw error;
    }
  }

  get operator(): RunningOperator {
    if (this.#operator === undefined) throw new Error('the operator is not running');
    return this.#operator;
  }

  onRun(listener: RunListener): void {
    this.#listeners.push(listener);
  }

  /** Starts the operator; resolves when its process serves HTTP. */
  async start(): Promise<void> {
    for (const { started } of this.#listeners) started();
    this.#operator = await startOperator(this.#options);
    void this.#watch(this.#operator);
  }

  /** Asks a process whether it is alive as long as it runs: while it does not answer it does not act, either. */
  async #watch(operator: RunningOperator): Promise<void> {
    while (this.#operator === operator) {
      let over = () => {};
      const late = setTimeout(() => {
        over = this.standstill.begin();
      }, latenessMs);
      await fetch(`${operator.url}/healthz`).catch(() => {});
      clearTimeout(late);
      over();
      await delay(askEveryMs, undefined, { ref: false });
    }
  }

  /** Resolves when the operator knows all Pods and its watches are open. */
  async ready(): Promise<void> {
    const { url } = this.operator;
    await until('the operator to be ready', async () => {
      const response = await fetch(`${url}/readyz?verbose`);
      expect(response.ok, await response.text()).to.equal(true);
      return true;
    });
  }

  /** Ends the process, without a warning unless told otherwise. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const operator = this.#operator;
    this.#operator = undefined;
    await operator?.stop(signal);
    if (operator !== undefined) for (const { ended } of this.#listeners) ended(operator.logs());
  }

  /** Stops the process where it is. @returns lets it go on */
  pause(): () => void {
    const { pid } = this.operator;
    const over = this.standstill.begin();
    process.kill(pid, 'SIGSTOP');
    return () => {
      process.kill(pid, 'SIGCONT');
      over();
    };
  }

  /** No connection can be made, and those that there are are reset, or half-open. @returns connects it again */
  async cutOff({ halfOpen = false } = {}): Promise<() => Promise<void>> {
    const over = this.standstill.begin();
    await this.proxy.refuse(true);
    if (halfOpen) this.proxy.freeze();
    else this.proxy.reset();
    return async () => {
      await this.proxy.refuse(false);
      if (halfOpen) this.proxy.reset();
      over();
    };
  }

  /** Makes every connection half-open, as when a machine in between forgets them. @returns that it is noticed by now */
  freeze(): () => void {
    const over = this.standstill.begin();
    this.proxy.freeze();
    return over;
  }

  async close(): Promise<void> {
    await this.end();
    await this.proxy.close();
  }

  leads(): Promise<boolean> {
    return this.sum(leading).then((value) => value === 1);
  }

  /** Writes to Pods so far, whatever came of them. */
  writes(): Promise<number> {
    return this.sum('luaplugin_pod_writes_total{');
  }

  /** The sum of all series on /metrics that begin like that. */
  async sum(prefix: string): Promise<number> {
    return sumOf(await this.#metrics(), prefix);
  }

  /** The page /metrics. */
  async metrics(): Promise<string> {
    return await (await fetch(`${this.operator.url}/metrics`)).text();
  }

  async #metrics(): Promise<readonly string[]> {
    return (await this.metrics()).split('\n');
  }

  /** The log of the process that runs; empty when none does. */
  logs(): readonly LogLine[] {
    return this.#operator?.logs() ?? [];
  }

  logged(message: string): readonly LogLine[] {
    return this.operator.logs().filter(({ msg }) => msg === message);
  }

  /** The end of the operator's log, but for the line that each Pod has. */
  lastLines(): string {
    const lines = this.logs().filter(({ msg }) => msg !== 'Pod annotated');
    return lines
      .slice(-20)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  /** What a person asks for first when Pods are wrong: who leads, what waits and what became of writes; and the log. */
  async situation(): Promise<string> {
    const told =
      /^(leader_election_master_status|luaplugin_pod_|controller_runtime_active_workers|workqueue_(depth|unf|longest))/;
    const metrics = await this.#metrics().catch((error: unknown) => [String(error)]);
    return [...metrics.filter((line) => told.test(line)), this.lastLines()].join('\n');
  }

  /** Whether no Pod waits or is worked on, and so many have been at the least. */
  async isIdle(done = 0): Promise<boolean> {
    const metrics = await this.#metrics();
    const waiting = sumOf(metrics, 'workqueue_depth{name="pod"');
    const working = sumOf(metrics, 'controller_runtime_active_workers{controller="pod"');
    const handled = sumOf(metrics, 'controller_runtime_reconcile_total{controller="pod"');
    return waiting + working === 0 && handled >= done;
  }

  /** Makes the operator list all Pods anew, and asserts that this leads to no write: nothing has changed. */
  async writesNothingOnRelist(): Promise<void> {
    await until('no Pod to be worked on', () => this.isIdle());
    const writes = await this.writes();
    await this.relist();
    await until('no Pod to be worked on', () => this.isIdle());
    expect(await this.writes(), 'writes after a list that showed nothing new').to.equal(writes);
  }

  /** Forgets the operator's place in the watch of Pods; resolves when it has listed them again. */
  async relist(): Promise<void> {
    const lists = () => this.logged('Pods: listed again').length;
    const before = lists();
    let refusals = 0;
    const rule = this.proxy.inject(
      { kind: 'status', status: 410, reason: 'Expired' },
      // Once: a second 410 would be the last failure that the operator remembers when the next fault comes.
      (call) => isWatch(call) && ofPods(call) && refusals++ === 0,
    );
    this.proxy.reset((call) => isWatch(call) && ofPods(call));
    await until('a refused watch', () => rule.hits > 0);
    rule.lift();
    await until('another list', () => lists() > before);
  }
}

function sumOf(metrics: readonly string[], prefix: string): number {
  const lines = metrics.filter((line) => line.startsWith(prefix));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
