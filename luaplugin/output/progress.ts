import type { Io } from '../program/io.ts';

/** Shows a waiting person how far it is. */
export interface ProgressBar {
  /** @param done between 0 and 1 */
  update(done: number): void;
  /** Takes the bar off the screen; may be called twice. */
  end(): void;
}

const width = 30;
/** Whoever waits less needs no bar. */
const patienceMs = 300;
const intervalMs = 100;
const clearLine = '\r\u001b[2K';

/**
 * A bar on stderr while both outputs are terminals; elsewhere nothing is written.
 * @param label stands before the bar
 * @param now milliseconds from any starting point
 */
export function progressBar(io: Io, label: string, now: () => number = Date.now): ProgressBar {
  if (!io.stdout.isTTY || !io.stderr.isTTY) return { update: () => {}, end: () => {} };
  const begun = now();
  let drawnAt = begun + patienceMs - intervalMs;
  let isShown = false;
  return {
    update: (done) => {
      if (now() - drawnAt < intervalMs) return;
      drawnAt = now();
      isShown = true;
      const full = Math.round(Math.min(1, done) * width);
      const bar = `${label} [${'#'.repeat(full)}${'.'.repeat(width - full)}] ${Math.floor(Math.min(1, done) * 100)}%`;
      // A line that wraps can't be overwritten.
      io.stderr.write(`${clearLine}${bar.slice(0, (io.stderr.columns || 80) - 1)}`);
    },
    end: () => {
      if (isShown) io.stderr.write(clearLine);
      isShown = false;
    },
  };
}

/** Shows a bar while something is done. @param work is given what to tell how much is done, from 0 to 1 */
export async function withProgressBar<T>(
  io: Io,
  label: string,
  work: (update: ProgressBar['update']) => Promise<T>,
): Promise<T> {
  const bar = progressBar(io, label);
  try {
    return await work(bar.update);
  } finally {
    bar.end();
  }
}

/** As often a log gets a line, in milliseconds. */
const lineIntervalMs = 5_000;

/**
 * A bar for whoever watches, lines on stderr for a log.
 * @param total of what `update` is told a part of, from 0 to 1
 */
export function progressBarOrLines(
  io: Io,
  label: string,
  total: number,
  now: () => number = Date.now,
): ProgressBar {
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
