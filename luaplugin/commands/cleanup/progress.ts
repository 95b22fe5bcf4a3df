import { type ProgressBar, progressBar } from '../../output/progress-bar.ts';
import type { Io } from '../../program/io.ts';

/** As often a log gets a line, in milliseconds. */
const lineIntervalMs = 5_000;

/**
 * A bar for whoever watches, lines on stderr for a log.
 * @param label stands before it
 * @param total of what `update` is told a part of, from 0 to 1
 */
export function progress(io: Io, label: string, total: number, now: () => number = Date.now): ProgressBar {
  if (io.stdout.isTTY && io.stderr.isTTY) return progressBar(io, label, now);
  let writtenAt = now();
  return {
    update: (done) => {
      if (now() - writtenAt < lineIntervalMs) return;
      writtenAt = now();
      io.stderr.write(`${label}: ${Math.round(done * total)} of ${total}\n`);
    },
    end: () => {},
  };
}
