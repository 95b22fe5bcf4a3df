import type { HealthCheck } from '../../observability/health.ts';
import type { Logger } from '../../observability/logging.ts';
import { Backoff } from '../../time/backoff.ts';
import type { Clock, Random } from '../../time/clock.ts';
import type { KubeClient } from './client.ts';
import { describeError } from './errors.ts';

/**
 * What the operator and its CustomResourceDefinition need of an API server, with the minor version of Kubernetes 1 that
 * has it first. All else that is called is older. config/policy needs more: 1.30, for ValidatingAdmissionPolicy.
 *
 * The rules of crds/luaplugins.yaml call CEL's quantity(), which came with 1.28 and may stand in new definitions one
 * version later (k8s.io/apiserver/pkg/cel/environment).
 */
const needs = [
  { since: 19, what: 'Events of events.k8s.io/v1' },
  { since: 29, what: "the CEL rules of LuaPlugin's definition" },
] as const;

/** The oldest Kubernetes 1 that has everything; docs/administration.md names it, too. */
export const oldestMinor = Math.max(...needs.map(({ since }) => since));

export interface ServerVersionOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random?: Random;
  readonly logger: Logger;
}

/** The answer of /version, as far as it is read here. A provider may write `29+` for the minor version. */
export interface VersionInfo {
  readonly major?: string;
  readonly minor?: string;
  readonly gitVersion?: string;
}

/** Whether an API server is older than a minor version of Kubernetes 1. One that does not say what it is, is not. */
export function isOlderThan({ major, minor }: VersionInfo, neededMinor: number): boolean {
  return Number.parseInt(major ?? '', 10) === 1 && Number.parseInt(minor ?? '', 10) < neededMinor;
}

/** Milliseconds until the next look: soon at one that is too old, which may be one of several that are being updated. */
const lookAgainMs = { tooOld: 30_000, well: 3_600_000 } as const;
/** Of a version that is shown. */
const maxCharacters = 64;
const retry = { baseMs: 1_000, maxMs: 60_000 };

/** Finds out whether the API server is new enough, and says so. */
export class ServerVersion {
  readonly #options: ServerVersionOptions;
  #found: string | undefined;
  #problem: string | undefined;

  constructor(options: ServerVersionOptions) {
    this.#options = options;
  }

  /**
   * For /readyz. A server that is too old is a failure only as long as it serves no LuaPlugins; who has the definition
   * changed so that it does, for instance, reads a note.
   */
  check(servesPlugins: () => boolean): HealthCheck {
    return {
      name: 'kubernetes-version',
      check: () => (servesPlugins() ? undefined : this.#problem),
      note: () => this.#problem ?? this.#found ?? 'not known yet',
    };
  }

  /** Looks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, random = Math.random, logger } = this.#options;
    const backoff = new Backoff(retry, random);
    while (!signal.aborted) {
      let waitMs: number;
      try {
        this.#judge(await client.request<VersionInfo>({ method: 'GET', path: '/version', signal }));
        backoff.reset();
        waitMs = this.#problem === undefined ? lookAgainMs.well : lookAgainMs.tooOld;
      } catch (error) {
        if (signal.aborted) return;
        // Whoever can't reach it at all says so for each watch.
        logger.debug({ error: describeError(error) }, "the API server's version is not known");
        waitMs = backoff.next();
      }
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  #judge(info: VersionInfo): void {
    const { major, minor, gitVersion } = info;
    const { logger } = this.#options;
    // It goes on /readyz, and whatever stands between can answer with anything.
    this.#found = String(gitVersion ?? `v${major}.${minor}`)
      .replaceAll(/[^\w.+-]/g, '')
      .slice(0, maxCharacters);
    const missing = needs.filter(({ since }) => isOlderThan(info, since));
    const problem =
      missing.length === 0
        ? undefined
        : `the API server is Kubernetes ${this.#found}, and 1.${oldestMinor} or newer is needed, for ` +
          missing.map(({ what }) => what).join(' and ');
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== undefined) logger.warn({ version: this.#found }, problem);
    else logger.info({ version: this.#found }, 'the API server is new enough now');
  }
}
