import type { Logger } from '../../observability/logging.ts';
import {
  ApiError,
  ConnectionError,
  describeError,
  HeldBackError,
  isForbidden,
  isGone,
  isNotFound,
  isRetryable,
} from '../client/errors.ts';

/** What a reflector was doing when it failed. */
export type Phase = 'list' | 'watch';

/**
 * Says how a reflector fares: one log line when the situation changes, none for each retry of the same failure.
 */
export class Situation {
  readonly #what: string;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #isTold: (error: unknown) => boolean;
  /** The kind of failure now; undefined while all is well. */
  #failure: string | undefined;
  /** The failure now has had its line. */
  #logged = false;
  /** Some failure since the watch last worked has had a line, so its end deserves one too. */
  #announced = false;
  #lastError: string | undefined;

  /** @param isTold of which failures somebody else tells, with what to do: here they are worth a line at debug */
  constructor(what: string, path: string, logger: Logger, isTold: (error: unknown) => boolean = () => false) {
    this.#what = what;
    this.#path = path;
    this.#logger = logger;
    this.#isTold = isTold;
  }

  /** One line on what is failing now, undefined when nothing is. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /**
   * @param wasWell this is the first interruption of a watch that worked, which is not worth a line if it resumes.
   */
  failed(phase: Phase, error: unknown, wasWell: boolean): void {
    this.#lastError = this.#explain(phase, error);
    const failure = kindOf(phase, error);
    const isNew = failure !== this.#failure;
    if (isNew) {
      this.#failure = failure;
      this.#logged = false;
    }
    const fields = { watch: this.#what, error: this.#lastError };
    // An expired history is healed by the list that follows; only when it is not, something is wrong.
    if ((wasWell && isRetryable(error)) || (isNew && isGone(error))) {
      this.#logger.debug(fields, `${this.#what}: interrupted, resuming`);
    } else if (this.#isTold(error)) {
      this.#logger.debug(fields, `${this.#what}: ${this.#lastError}; trying again`);
    } else if (!this.#logged) {
      this.#logged = true;
      this.#announced = true;
      this.#logger.warn(fields, `${this.#what}: ${this.#lastError}; trying again`);
    }
  }

  /** A watch has opened: nothing is failing now, though it may fail again at once. */
  opened(): void {
    this.#lastError = undefined;
  }

  /** The watch has proved itself. */
  healed(): void {
    if (this.#announced) this.#logger.info({ watch: this.#what }, `${this.#what}: watching again`);
    this.#failure = undefined;
    this.#logged = false;
    this.#announced = false;
  }

  #explain(phase: Phase, error: unknown): string {
    if (this.#isTold(error)) return describeError(error);
    if (isForbidden(error)) {
      const { group, resource } = resourceOf(this.#path);
      return (
        `RBAC lacks verb "${phase}" on resource "${resource}" in API group "${group}" ` +
        `(apply the operator's roles: kubectl apply -k config/default): ${error.message}`
      );
    }
    if (isNotFound(error)) {
      return `${this.#path} is not served (apply its CustomResourceDefinition: kubectl apply -k crds)`;
    }
    if (error instanceof ConnectionError && isRetryable(error)) {
      return `cannot reach the API server: ${describeError(error)}`;
    }
    return describeError(error);
  }
}

/** Failures that a reader would call the same one. */
function kindOf(phase: Phase, error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 403) return `forbidden to ${phase}`;
    return error.status >= 500 ? 'server error' : `status ${error.status}`;
  }
  if (error instanceof ConnectionError) return isRetryable(error) ? 'unreachable' : error.code;
  // The answer that asked for it, to this call or another.
  if (error instanceof HeldBackError) return 'status 429';
  return describeError(error);
}

/** Group and resource of a collection's path, such as `/apis/apps/v1/namespaces/x/deployments`. */
function resourceOf(path: string): { group: string; resource: string } {
  const [, root, group = ''] = path.split('/');
  return { group: root === 'apis' ? group : '', resource: path.split('/').at(-1) ?? '' };
}
