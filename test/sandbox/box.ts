import { setImmediate } from 'node:timers/promises';
import { silentLogger } from '../../operator/observability/logging.ts';
import type { Failure, Program, Step } from '../../operator/sandbox/contract.ts';
import { type RestartReason, SandboxHost, type SandboxOptions } from '../../operator/sandbox/host-client.ts';
import { eventually } from '../support/eventually.ts';

export const mebibyte = 1024 * 1024;
export const metadata = JSON.stringify({ name: 'web-0', namespace: 'shop', labels: { app: 'web' } });

/** So long that no call of an honest script takes it, however busy the machine is. */
const patient = { timeoutMs: 5_000, memoryBytes: 16 * mebibyte };
/** For scripts that never end. */
export const brief = { ...patient, timeoutMs: 100 };

/** A script whose function has this body; `meta` is the decoded metadata. */
export function functionOf(body: string): string {
  return `local dkjson = require("dkjson")
function GetWorkloadTypeAndName(text)
  local meta = dkjson.decode(text, 1, nil)
  ${body}
end`;
}

/** The neighbour that must keep answering: names its Pod. */
export const honest = functionOf('return "StatefulSet", meta.name');

/** A sandbox with a real host process, and short ways to ask it. */
export class Box {
  readonly sandbox: SandboxHost;
  readonly restarts: RestartReason[] = [];
  #programs = 0;
  /** A program that takes as many milliseconds as it is told. */
  #spinner: string | undefined;

  constructor(options: Partial<SandboxOptions> = {}) {
    this.sandbox = new SandboxHost({
      logger: silentLogger,
      onRestart: (reason) => this.restarts.push(reason),
      ...options,
    });
  }

  /** Loads a script under a new id. @returns the id, or why it was refused. */
  async tryLoad(script: string, program: Partial<Program> = {}): Promise<string | Failure> {
    const id = `test@${++this.#programs}`;
    return (await this.sandbox.load({ id, plugin: 'test', script, limits: patient, ...program })) ?? id;
  }

  /** Loads a script that must load. */
  async load(script: string, program: Partial<Program> = {}): Promise<string> {
    const loaded = await this.tryLoad(script, program);
    if (typeof loaded !== 'string') throw new Error(`not loaded: ${loaded.message}`);
    return loaded;
  }

  /** The failure of a script that must not load. */
  async loadFailure(script: string, program: Partial<Program> = {}): Promise<Failure> {
    const loaded = await this.tryLoad(script, program);
    if (typeof loaded === 'string') throw new Error('the script was loaded');
    return loaded;
  }

  /** Waits until both Workers are up, so that what comes next need not wait for one to start. */
  async bothWorkers(): Promise<void> {
    this.#spinner ??= await this.load(
      functionOf('local t = os.clock() + meta.ms / 1000 while os.clock() < t do end'),
    );
    const spinner = this.#spinner;
    // The busier the machine, the longer the calls have to be, so that two at once can be told from one after the other.
    let ms = 10;
    await eventually('both Workers', async () => {
      ms = Math.min(2 * ms, 1_000);
      const text = JSON.stringify({ ms });
      const started = performance.now();
      const first = this.ask([spinner], text);
      await setImmediate();
      const second = this.ask([spinner], text);
      await Promise.all([first, second]);
      return performance.now() - started < 1.9 * ms;
    });
  }

  /** One Pod's steps. */
  async ask(programs: readonly string[], text = metadata): Promise<Step[]> {
    const [steps] = await this.sandbox.evaluate([{ metadata: text, programs }]);
    if (!steps) throw new Error('no answer');
    return steps;
  }

  /** The first program's answer about one Pod. */
  async answer(program: string, text = metadata): Promise<Step['answer']> {
    const [step] = await this.ask([program], text);
    if (!step) throw new Error('no step');
    return step.answer;
  }

  /** The failure of a program that must fail. */
  async failure(program: string, text = metadata): Promise<Failure> {
    const answer = await this.answer(program, text);
    if (answer.result !== 'error') throw new Error(`expected a failure, got ${JSON.stringify(answer)}`);
    return answer.failure;
  }
}

/** The metadata of many Pods, each with a name of its own. */
export function pods(count: number): string[] {
  return Array.from({ length: count }, (_, index) => JSON.stringify({ name: `pod-${index}` }));
}
