import { setTimeout as delay } from 'node:timers/promises';
import { startCpu } from './cpu.ts';
import { restMs } from './sizes.ts';
import type { Subject } from './subject.ts';
import type { World } from './world.ts';

/** Nothing happens. Percent of one core. */
export interface Idle {
  readonly pods: number;
  readonly seconds: number;
  readonly operatorPercent: number;
  readonly hostPercent: number;
}

/** What the operator and the sandbox host take while no Pod changes. */
export async function idle({ size, population, progress }: World, subject: Subject): Promise<Idle> {
  progress.line(`idle for ${size.idleSeconds} s`);
  await delay(restMs);
  const cpu = startCpu({ operator: subject.pid, host: subject.hostPid });
  const begin = performance.now();
  await delay(size.idleSeconds * 1000);
  const seconds = (performance.now() - begin) / 1000;
  const { operator, host } = cpu();
  const percent = (taken: number) => (taken / seconds) * 100;
  return {
    pods: population.pods.length,
    seconds,
    operatorPercent: percent(operator),
    hostPercent: percent(host),
  };
}
