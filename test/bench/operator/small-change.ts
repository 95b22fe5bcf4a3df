import { eventually } from '../../support/eventually.ts';
import { observePods, workloadTypeOf } from './observe.ts';
import { canaryLabel, changePlugin } from './plugin.ts';
import type { Subject } from './subject.ts';
import { nextAnswers, type World } from './world.ts';

/** A change of a plugin that alters few of its Pods. */
export interface SmallChange {
  readonly pods: number;
  readonly altered: number;
  /** Should be as many as altered. */
  readonly writes: number;
  /** From the change of the plugin to the last Pod that shows it. */
  readonly lastWriteSeconds: number;
  /** Until every Pod has been asked about again. */
  readonly atRestSeconds: number;
}

const timeoutMs = 10 * 60_000;

/** Changes what the plugin says of canaries only. */
export async function changeFew(world: World, subject: Subject): Promise<SmallChange> {
  const { admin, population, progress } = world;
  const altered = population.pods.filter(({ isCanary }) => isCanary).length;
  progress.line(`a plugin change that alters ${altered} Pods`);
  world.answers = { ...world.answers, canaryType: nextAnswers(world.answers).canaryType };
  const done = new Set<string>();
  let lastAt = Number.NaN;
  const observation = await observePods(world, canaryLabel, (event, at) => {
    if (event.type === 'BOOKMARK' || workloadTypeOf(event.object) !== world.answers.canaryType) return;
    done.add(event.object.metadata.uid);
    lastAt = at;
  });
  try {
    const before = await subject.writes();
    const begin = performance.now();
    await changePlugin(admin, world.answers);
    await eventually('the last Pod to show it', () => done.size === altered, { timeoutMs });
    const lastWriteSeconds = (lastAt - begin) / 1000;
    await subject.whenAtRest();
    return {
      pods: population.pods.length,
      altered,
      writes: (await subject.writes()) - before,
      lastWriteSeconds,
      atRestSeconds: (performance.now() - begin) / 1000,
    };
  } finally {
    await observation.stop();
  }
}
