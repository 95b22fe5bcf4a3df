import { type Logger as PinoLogger, pino } from 'pino';

/** The operator's logger: JSON lines; fields first, then the message. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * A logger that writes JSON lines to stdout, with ISO times and the level's name.
 * @param level the least that is written; `info` says one line a decision, `debug` one line a Pod.
 */
export function createLogger(level: LogLevel): PinoLogger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

/** A logger that writes nothing, for tests. */
export const silentLogger: PinoLogger = pino({ level: 'silent' });
