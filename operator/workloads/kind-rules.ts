import type { Discovery } from '../kube/client/discovery.ts';
import type { OwnerReference } from '../kube/client/types.ts';
import { findKind, groupOf, type KindRow } from './kinds.ts';
import type { MissingDependencies } from './missing-dependencies.ts';

/** What standard resolution does with an owner. */
export interface KindRule {
  /** False: it is passed by; where nothing above it is a workload, what is below it counts. */
  readonly isWorkload: boolean;
  /** Whether what controls it is asked for. */
  readonly chain: 'stop' | 'follow';
  /** False: neither the table nor the config has it. Of what controls it only its own project's kinds count. */
  readonly isKnown: boolean;
  /** Whether a reference to it without `controller: true` makes it the owner of something else than a Pod. */
  readonly ownsLoosely: boolean;
  /** The workload type that it counts as. */
  readonly type: string;
  /** False when another rule may hold later: an API group is not served yet. */
  readonly isFinal: boolean;
}

export interface KindRules {
  /** @throws what Discovery throws, for a fault that may pass */
  ruleOf(owner: Pick<OwnerReference, 'apiVersion' | 'kind'>): Promise<KindRule>;
}

/** An entry of the config's `resources`. */
export interface ResourceEntry {
  /** Undefined: any group; empty: the core group. */
  readonly group: string | undefined;
  /** The plural. */
  readonly name: string;
  readonly disabled: boolean;
  /** Undefined: its own kind. */
  readonly type: string | undefined;
  /** Whether it counts only where nothing above it is a workload. Undefined: as it does without an entry. */
  readonly follow: boolean | undefined;
}

export interface ConfiguredKindsOptions {
  readonly resources: readonly ResourceEntry[];
  /**
   * `nearest`, by default: a Deployment or StatefulSet is the workload, whatever owns it. `topmost`: only where nothing
   * above it is one.
   */
  readonly standardWorkload?: 'nearest' | 'topmost';
  readonly discovery: Pick<Discovery, 'resourceFor' | 'servedGroups'>;
  /** Told of the API groups that a rule waits for. */
  readonly missing?: Pick<MissingDependencies, 'add'>;
}

/**
 * The built-in table with the config's `resources` over it.
 *
 * An answer must not change because a CRD is gone: a built-in row needs no served group to stop at its kind, and what
 * discovery once said of a kind's plural, or of a group that has to be there, is kept.
 */
export class ConfiguredKinds implements KindRules {
  readonly #options: ConfiguredKindsOptions;
  /** By resource and group; a group of `*` is any. */
  readonly #entries: ReadonlyMap<string, ResourceEntry>;
  /** Plurals by group and kind; only kinds that were served get in here. */
  readonly #plurals = new Map<string, string>();
  /** Groups that were served once. */
  readonly #served = new Set<string>();

  constructor(options: ConfiguredKindsOptions) {
    this.#options = options;
    this.#entries = new Map(options.resources.map((entry) => [entryKey(entry.name, entry.group), entry]));
  }

  async ruleOf({ apiVersion, kind }: Pick<OwnerReference, 'apiVersion' | 'kind'>): Promise<KindRule> {
    const group = groupOf(apiVersion);
    const row = findKind(group, kind);
    const entry = await this.#entryOf(row, group, apiVersion, kind);
    const rule = {
      isKnown: row !== undefined || entry !== undefined,
      ownsLoosely: row?.ownsLoosely ?? entry?.disabled === false,
      type: entry?.type ?? row?.type ?? kind,
      isFinal: true,
    };
    if (entry?.disabled) return { ...rule, isWorkload: false, chain: 'follow', type: kind };
    if (entry?.follow !== undefined) return { ...rule, isWorkload: true, chain: followIf(entry.follow) };
    if (row?.followedWith !== undefined && !(await this.#isServed(row.followedWith))) {
      return { ...rule, isWorkload: true, chain: 'stop', isFinal: false };
    }
    if (row !== undefined) {
      const isWorkload = row.chain !== 'pass' || entry !== undefined;
      const isHelper =
        row.chain === 'topmost' ? this.#options.standardWorkload === 'topmost' : row.chain !== 'stop';
      return { ...rule, isWorkload, chain: followIf(isHelper) };
    }
    // A Secret or a ConfigMap owns what is to go with it. Nothing should ask for the right to read one.
    const isCore = group === '';
    return {
      ...rule,
      isWorkload: !isCore || entry !== undefined,
      chain: followIf(!isCore && entry === undefined),
    };
  }

  async #entryOf(
    row: KindRow | undefined,
    group: string,
    apiVersion: string,
    kind: string,
  ): Promise<ResourceEntry | undefined> {
    if (this.#entries.size === 0) return undefined;
    const plural = row?.resource ?? (await this.#pluralOf(group, apiVersion, kind));
    if (plural === undefined) return undefined;
    return this.#entries.get(entryKey(plural, group)) ?? this.#entries.get(entryKey(plural, undefined));
  }

  async #pluralOf(group: string, apiVersion: string, kind: string): Promise<string | undefined> {
    const key = `${group}/${kind}`;
    const known = this.#plurals.get(key);
    if (known !== undefined) return known;
    const served = await this.#options.discovery.resourceFor(apiVersion, kind);
    if (served !== undefined) this.#plurals.set(key, served.resource);
    return served?.resource;
  }

  async #isServed(group: string): Promise<boolean> {
    const { discovery, missing } = this.#options;
    if (this.#served.has(group)) return true;
    const isServed = async () => (await discovery.servedGroups()).has(group);
    if (await isServed()) {
      this.#served.add(group);
      return true;
    }
    missing?.add(`API group ${group}`, isServed);
    return false;
  }
}

function followIf(condition: boolean): KindRule['chain'] {
  return condition ? 'follow' : 'stop';
}

/** The built-in table alone, as on a cluster that serves no API group of another operator. */
export const builtInKinds: KindRules = new ConfiguredKinds({
  resources: [],
  discovery: {
    resourceFor: () => Promise.resolve(undefined),
    servedGroups: () => Promise.resolve(new Set<string>()),
  },
});

function entryKey(name: string, group: string | undefined): string {
  return `${name}.${group ?? '*'}`;
}
