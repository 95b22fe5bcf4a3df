import { isDeepStrictEqual } from 'node:util';
import type { OperatorConfig } from '../config/config.ts';
import type { Logger, LogLevel } from '../observability/logging.ts';
import type { Clock } from '../time/clock.ts';

export interface LogLevelWatchOptions {
  /** What the operator runs with. */
  readonly config: OperatorConfig;
  /** Reads the config file anew. @throws ConfigError */
  readonly load: () => Promise<OperatorConfig>;
  readonly setLevel: (level: LogLevel) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * How often the file is read, in milliseconds. Looking beats being told: the kubelet replaces a mounted ConfigMap by
 * a link, and a watch of the file would follow the old one.
 */
const lookMs = 10_000;

/** Has a changed `logLevel` in the config file take effect without a restart. */
export class LogLevelWatch {
  readonly #options: LogLevelWatchOptions;
  /** As it was read last. */
  #known: OperatorConfig;
  #problem: string | undefined;

  constructor(options: LogLevelWatchOptions) {
    this.#options = options;
    this.#known = options.config;
  }

  /** Looks until the signal aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      await clock.sleep(lookMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { config, load, setLevel, logger } = this.#options;
    let found: OperatorConfig;
    try {
      found = await load();
      this.#problem = undefined;
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.#problem)
        logger.warn({ error: problem }, 'the changed config file can not be used');
      this.#problem = problem;
      return;
    }
    const before = this.#known;
    this.#known = found;
    const { logLevel } = found;
    if (logLevel !== before.logLevel) {
      setLevel(logLevel);
      logger.info({ logLevel }, 'log level changed');
    }
    const others = { ...found, logLevel: config.logLevel };
    if (!isDeepStrictEqual(others, config) && !isDeepStrictEqual(found, before)) {
      logger.warn('the config file changed; what is more than its logLevel counts from the next start on');
    }
  }
}
