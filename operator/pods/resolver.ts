import { isKind, isWorkloadName } from '../api/workload.ts';
import type { ObjectMeta } from '../kube/types.ts';
import type { PluginEntry, PluginSet } from '../plugins/plugin-set.ts';
import type { FailureReason, Sandbox, Step } from '../sandbox/contract.ts';
import { type Owners, resolveStandard, type StandardWorkload } from '../workloads/standard.ts';
import {
  annotationsFor,
  noAnnotations,
  type PodAnnotations,
  resolvedByPlugin,
  resolvedByStandard,
} from './annotations.ts';
import type { Decision } from './decision.ts';
import { type PodRecord, parseMetadata, pluginArgument } from './pod.ts';
import { Pool } from './pool.ts';

/** Told what each plugin said of a Pod. */
export type StepListener = (plugin: PluginEntry, step: Step, pod: PodRecord) => void;

export interface ResolverOptions {
  readonly plugins: PluginSet;
  readonly sandbox: Pick<Sandbox, 'evaluate'>;
  readonly owners: Owners;
  readonly standardResolution: boolean;
  /** The only types a Pod may get; empty allows every kind. The sandbox holds plugins to it. */
  readonly allowedTypes: readonly string[];
  /** What plugins may see of a Pod, as JSON. */
  readonly metadataOf: (record: PodRecord) => string;
  readonly onStep: StepListener;
}

/** Milliseconds until a Pod is looked at again for a plugin's failure that may pass. */
const failureRetryMs = 30_000;
/** The same for an owner that could not be read: a CRD or a permission may have come. */
const ownerRetryMs = 10 * 60_000;

/** Failures that may pass by themselves; the others are facts about script and Pod. */
const passingFailures: ReadonlySet<FailureReason> = new Set(['timeout', 'memory', 'crash', 'load']);

const askedPool = new Pool<string>((asked) => asked);

/** All of a plugin that has a say in the answer. */
function describeEntry({ name, program = '', mode }: PluginEntry): string {
  return `${name}=${program} ${mode}`;
}

/** Decides a Pod's workload: plugins by priority, then the owner chain. */
export class Resolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /**
   * Decides, or gives back the earlier decision when the same programs would be asked about the same metadata.
   * @throws when owners can't be read for a reason that may pass; nothing is decided then
   */
  async decide(record: PodRecord): Promise<Decision> {
    const seen = this.#options.metadataOf(record);
    const meta = parseMetadata(seen);
    const candidates = this.#options.plugins.candidates(meta);
    const asked = askedPool.share(candidates.map(describeEntry).join());
    if (record.decided?.asked === asked && record.decided.decision.retryMs === undefined)
      return record.decided.decision;
    const { digest } = record;
    const decision = await this.#ask(record, { seen, meta }, candidates);
    // The Pod may have changed meanwhile: an answer about what it was must not pass for one about what it is.
    if (record.digest === digest) record.decided = { asked, decision };
    return decision;
  }

  async #ask(
    record: PodRecord,
    { seen, meta }: { seen: string; meta: ObjectMeta },
    candidates: readonly PluginEntry[],
  ): Promise<Decision> {
    const metadata = pluginArgument(seen, record.resourceVersion);
    const enforcing = candidates.filter(({ mode }) => mode === 'Enforce');
    const rehearsing = candidates.filter(({ mode, program }) => mode === 'DryRun' && program !== undefined);
    const chains = [enforcing, ...rehearsing.map((entry) => [entry])];
    const calls = chains.map((chain) => ({
      metadata,
      programs: chain.flatMap(({ program }) => program ?? []),
    }));
    const asking = calls.some(({ programs }) => programs.length > 0);
    const answers = asking ? await this.#options.sandbox.evaluate(calls) : [];
    rehearsing.forEach((entry, index) => {
      for (const step of answers[index + 1] ?? []) this.#options.onStep(entry, step, record);
    });

    const steps = [...(answers[0] ?? [])];
    const holder = record.carried.resolvedBy;
    let retryMs: number | undefined;
    for (const entry of enforcing) {
      const step = entry.program === undefined ? undefined : steps.shift();
      if (step !== undefined) this.#options.onStep(entry, step, record);
      const answer = step?.answer;
      if (answer?.result === 'skipped') continue;
      if (answer?.result === 'resolved') {
        return {
          action: 'carry',
          annotations: annotationsFor(answer, resolvedByPlugin(entry.name)),
          retryMs,
        };
      }
      if (answer !== undefined && passingFailures.has(answer.failure.reason)) retryMs = failureRetryMs;
      if (holder === resolvedByPlugin(entry.name)) return { action: 'keep', plugin: entry.name, retryMs };
    }
    if (!this.#options.standardResolution) return { action: 'carry', annotations: noAnnotations, retryMs };
    const workload = await resolveStandard(meta, this.#options.owners);
    if (!workload.isFinal) retryMs ??= ownerRetryMs;
    return { action: 'carry', annotations: this.#standard(workload, meta), retryMs };
  }

  /** An owner reference holds whatever the Pod's creator wrote; what no annotation may hold counts for nothing. */
  #standard({ type, name }: StandardWorkload, meta: ObjectMeta): PodAnnotations {
    const { allowedTypes } = this.#options;
    const workload = isKind(type) && isWorkloadName(name) ? { type, name } : { type: 'Pod', name: meta.name };
    const allowed = allowedTypes.length === 0 || allowedTypes.includes(workload.type);
    return allowed ? annotationsFor(workload, resolvedByStandard) : noAnnotations;
  }
}
