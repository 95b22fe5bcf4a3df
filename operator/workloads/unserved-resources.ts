import { didYouMean } from '../api/errors.ts';
import type { Discovery } from '../kube/client/discovery.ts';
import { describeError } from '../kube/client/errors.ts';
import type { Logger } from '../observability/logging.ts';
import { Backoff } from '../time/backoff.ts';
import type { Clock, Random } from '../time/clock.ts';
import { resourceName } from './forbidden-places.ts';
import type { ResourceEntry } from './kind-rules.ts';
import { knownKinds } from './kinds.ts';

type Entry = Pick<ResourceEntry, 'group' | 'name'>;

interface Resource {
  readonly group: string;
  /** The plural. */
  readonly resource: string;
}

export interface UnservedResourcesOptions {
  /** The config's `resources`. */
  readonly resources: readonly Entry[];
  readonly discovery: Pick<Discovery, 'servedResources'>;
  readonly clock: Clock;
  readonly random?: Random;
  readonly logger: Logger;
}

const retry = { baseMs: 1_000, maxMs: 60_000 };

/**
 * Says once which of the config's `resources` no served API group has. Their operators may come later, so that is no
 * error; but who misspelt a name finds it here.
 */
export class UnservedResources {
  readonly #options: UnservedResourcesOptions;

  constructor(options: UnservedResourcesOptions) {
    this.#options = options;
  }

  /** Resolves when it is said, or the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { discovery, clock, random = Math.random, logger } = this.#options;
    const unknown = this.#options.resources.filter((one) => !knownKinds.some((row) => isSame(one, row)));
    const backoff = new Backoff(retry, random);
    while (unknown.length > 0 && !signal.aborted) {
      try {
        this.#report(unknown, await discovery.servedResources(signal));
        return;
      } catch (error) {
        logger.debug({ error: describeError(error) }, 'could not compare the resources of the config');
      }
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  #report(entries: readonly Entry[], served: readonly Resource[] | undefined): void {
    if (served === undefined) return;
    const missing = entries.filter((one) => !served.some((other) => isSame(one, other)));
    if (missing.length === 0) return;
    const names = missing.map((one) => {
      const { group = '', name } = one;
      return resourceName({ group, resource: name }) + hintAt(one, [...served, ...knownKinds]);
    });
    this.#options.logger.info(
      { resources: names },
      'no API group that is served has these resources of the config; they take effect once one has',
    );
  }
}

function isSame(entry: Entry, one: Resource): boolean {
  return entry.name === one.resource && (entry.group ?? one.group) === one.group;
}

/** Another name in its group, or another group that has its name. */
function hintAt({ group, name }: Entry, resources: readonly Resource[]): string {
  const inGroup = resources.filter((one) => (group ?? one.group) === one.group);
  const hint = didYouMean(
    name,
    inGroup.map(({ resource }) => resource),
  );
  if (hint !== '' || group === undefined) return hint;
  const namesakes = resources.filter(({ resource }) => resource === name);
  return didYouMean(
    group,
    namesakes.map((one) => one.group),
  );
}
