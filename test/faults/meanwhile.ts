import type { ControlPlane } from '../cluster/control-plane.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';

/** What happens to an operator that has brought every Pod to its state. */
export type Scenario = (arena: Arena, instance: Instance) => Promise<void>;

interface Played {
  readonly seconds: number;
  readonly failure?: unknown;
}

const seed = 3;

/**
 * Scenarios that take long and leave the machine idle: all are played while other tests run, each in an arena of its
 * own. Their tests only wait for them, and say in their titles how long they took. They begin one after the other: a
 * start is all work.
 */
export class Meanwhile {
  readonly #scenarios: Readonly<Record<string, Scenario>>;
  readonly #played = new Map<string, Promise<Played>>();

  constructor(scenarios: Readonly<Record<string, Scenario>>) {
    this.#scenarios = scenarios;
  }

  begin(plane: ControlPlane): void {
    let started: Promise<unknown> = Promise.resolve();
    for (const [title, scenario] of Object.entries(this.#scenarios)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#played.set(
        title,
        started.then(() => play(plane, scenario, resolve)),
      );
      started = promise;
    }
  }

  /** Declares a test for each; it fails as its scenario did. */
  tests(): void {
    const played = this.#played;
    for (const title of Object.keys(this.#scenarios)) {
      it(title, async function () {
        const result = await played.get(title);
        if (result === undefined) throw new Error('it was not begun');
        this.runnable().title += ` (${result.seconds} s, meanwhile)`;
        if ('failure' in result) throw result.failure;
      });
    }
  }

  /** Resolves when none is being played any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#played.values());
  }
}

/**
 * Never rejects: a failure waits for its test.
 * @param started called when the scenario begins, or cannot
 */
async function play(plane: ControlPlane, scenario: Scenario, started: () => void): Promise<Played> {
  const begin = performance.now();
  const seconds = () => Math.round((performance.now() - begin) / 1000);
  try {
    const arena = await Arena.open(plane, { seed });
    try {
      const instance = await arena.startInstance();
      await arena.settled();
      started();
      await scenario(arena, instance);
      await arena.comesOutRight(instance);
    } finally {
      await arena.close();
    }
    return { seconds: seconds() };
  } catch (failure) {
    return { seconds: seconds(), failure };
  } finally {
    started();
  }
}
