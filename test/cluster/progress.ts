/** Where a long preparation says how far it is. */
export interface Progress {
  /** A line that stays. */
  line(text: string): void;
  /** What goes on right now; the next call, or the next line, takes its place. */
  live(text: string): void;
}

/** What is needed of a stream: process.stderr fits. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Without a terminal a live text becomes a line, at most one in this time. */
const quietIntervalMs = 15_000;

/**
 * Progress on a stream: on a terminal the live text is one line that is overwritten.
 * @param now milliseconds, from any starting point.
 */
export function streamProgress(stream: ProgressStream, now: () => number = Date.now): Progress {
  if (stream.isTTY) return terminalProgress(stream);
  let spokeAt = now();
  const line = (text: string) => {
    spokeAt = now();
    stream.write(`${text}\n`);
  };
  return {
    line,
    live: (text) => {
      if (now() - spokeAt >= quietIntervalMs) line(text);
    },
  };
}

function terminalProgress(stream: ProgressStream): Progress {
  const clearLine = '\r\x1b[2K';
  let hasLiveText = false;
  return {
    line: (text) => {
      stream.write(`${hasLiveText ? clearLine : ''}${text}\n`);
      hasLiveText = false;
    },
    live: (text) => {
      // A text that wraps can't be overwritten.
      stream.write(`${clearLine}${text.slice(0, (stream.columns || 80) - 1)}`);
      hasLiveText = true;
    },
  };
}

/** Milliseconds as a person says them: `42 s`, `3 min 5 s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
