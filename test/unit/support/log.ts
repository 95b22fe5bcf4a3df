import { pino } from 'pino';
import type { Logger } from '../../../operator/observability/logging.ts';

/** One line of a log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A logger that keeps its lines, of level debug and above. */
export function recordingLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = pino(
    { level: 'debug', base: null, formatters: { level: (label) => ({ level: label }) } },
    { write: (text: string) => lines.push(JSON.parse(text)) },
  );
  return { logger, lines };
}
