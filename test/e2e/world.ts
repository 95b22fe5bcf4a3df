import {
  type ControlPlane,
  crdsDirectory,
  standInsDirectory,
  startControlPlane,
} from '../cluster/control-plane.ts';
import type { KubectlResult } from '../cluster/kubectl.ts';
import { type RunningOperator, startOperator } from '../cluster/operator.ts';
import type { Progress } from '../cluster/progress.ts';
import type { Narrator } from './narrator.ts';

/** The repository's root, where the commands of the story are typed. */
export const root = new URL('../../', import.meta.url).pathname;

/** What the story happens in: an API server, and from its third step on the operator. */
export class World {
  readonly plane: ControlPlane;
  readonly narrator: Narrator;
  #operator: RunningOperator | undefined;

  private constructor(plane: ControlPlane, narrator: Narrator) {
    this.plane = plane;
    this.narrator = narrator;
  }

  /** Starts an empty API server. */
  static async start(narrator: Narrator, progress: Progress): Promise<World> {
    return new World(await startControlPlane({ progress }), narrator);
  }

  get operator(): RunningOperator {
    if (this.#operator === undefined) throw new Error('the operator is started in the third step');
    return this.#operator;
  }

  /** Starts the operator under a service account's own token. */
  async startOperator(kubeconfig: string): Promise<RunningOperator> {
    this.#operator = await startOperator({ kubeconfig });
    return this.#operator;
  }

  /** Runs kubectl in the repository's root and shows both the command and, unless told not to, its output. */
  async kubectl(args: readonly string[], options: ShownOptions = {}): Promise<KubectlResult> {
    const { shown = args.map(quote).join(' '), quiet = false, ...rest } = options;
    this.narrator.command(`kubectl ${shown}`);
    const result = await this.plane.kubectl(args, rest);
    if (!quiet) this.narrator.output(result.stdout + result.stderr);
    return result;
  }

  /** Ends the operator as Kubernetes would, then the API server. @returns the operator's exit code */
  async stop(): Promise<number | null | undefined> {
    const code = await this.#operator?.stop();
    this.#operator = undefined;
    await this.plane.stop();
    return code;
  }
}

interface ShownOptions {
  readonly input?: string;
  readonly allowFailure?: boolean;
  readonly kubeconfig?: string;
  /** The command line after `kubectl` as the reader should see it; the real one by default. */
  readonly shown?: string;
  /** Do not show the output. */
  readonly quiet?: boolean;
}

function quote(argument: string): string {
  return /^[\w./:=@,{}[\]-]+$/.test(argument) ? argument : `'${argument}'`;
}

export { crdsDirectory, standInsDirectory };
