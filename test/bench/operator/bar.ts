import { formatDuration, type Progress } from '../../cluster/progress.ts';
import { figure } from './table.ts';

const width = 24;

/** How far a long piece of work is: `creating Pods  [######..................] 2,500 of 10,000, 42 s left`. */
export function barText(what: string, done: number, total: number, elapsedMs: number): string {
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const filled = Math.round(share * width);
  const bar = '#'.repeat(filled) + '.'.repeat(width - filled);
  const left = share < 0.01 ? '' : `, ${formatDuration((elapsedMs / share) * (1 - share))} left`;
  return `${what}  [${bar}] ${figure(done)} of ${figure(total)}${left}`;
}

/** Shows the bar of one piece of work. @returns told of each step's end: how many are done */
export function startBar(progress: Progress, what: string, total: number): (done: number) => void {
  const startedAt = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  return (done) => {
    const now = performance.now();
    if (now - shownAt < 500) return;
    shownAt = now;
    progress.live(barText(what, done, total, now - startedAt));
  };
}
