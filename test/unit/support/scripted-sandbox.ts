import type {
  Answer,
  Call,
  CheckedParameters,
  Failure,
  JsonValue,
  Program,
  Sandbox,
  Step,
} from '../../../operator/sandbox/contract.ts';

/**
 * A sandbox whose programs are TypeScript functions, for faults that a real one can't be told to have. By default a
 * program skips every Pod; a program that is not loaded answers with reason `load`, as in the real one.
 */
export class ScriptedSandbox implements Sandbox {
  readonly loaded = new Map<string, Program>();
  readonly calls: Call[] = [];
  /** By script: why it can't be loaded. */
  readonly failures = new Map<string, Failure>();
  /** By script: what it answers. */
  readonly answers = new Map<string, (metadata: string) => Answer>();
  parameters: CheckedParameters | undefined;

  checkParameters(parameters: unknown): Promise<CheckedParameters> {
    return Promise.resolve(this.parameters ?? { ok: true, parameters: parameters as JsonValue | undefined });
  }

  load(program: Program): Promise<Failure | undefined> {
    const failure = this.failures.get(program.script);
    if (failure === undefined) this.loaded.set(program.id, program);
    return Promise.resolve(failure);
  }

  unload(id: string): void {
    this.loaded.delete(id);
  }

  evaluate(calls: readonly Call[]): Promise<Step[][]> {
    this.calls.push(...calls);
    return Promise.resolve(calls.map((call) => this.#walk(call)));
  }

  #walk({ metadata, programs }: Call): Step[] {
    const steps: Step[] = [];
    for (const program of programs) {
      const answer = this.#answer(program, metadata);
      steps.push({ program, answer, seconds: 0.001 });
      if (answer.result === 'resolved') break;
    }
    return steps;
  }

  #answer(id: string, metadata: string): Answer {
    const program = this.loaded.get(id);
    if (program === undefined) {
      return { result: 'error', failure: { reason: 'load', message: `${id} is not loaded` } };
    }
    return this.answers.get(program.script)?.(metadata) ?? { result: 'skipped' };
  }
}

export function resolved(type: string, name: string): Answer {
  return { result: 'resolved', type, name };
}

export function failing(failure: Failure): Answer {
  return { result: 'error', failure };
}
