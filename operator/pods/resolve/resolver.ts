import { isKind, isWorkloadName } from '../../api/workload.ts';
import type { ObjectMeta } from '../../kube/client/types.ts';
import type { PluginEntry, PluginSet } from '../../plugins/state/plugin-set.ts';
import type { Answer, FailureReason, Sandbox, Step } from '../../sandbox/contract.ts';
import type { KindRules } from '../../workloads/kind-rules.ts';
import { type Owners, resolveStandard, type StandardWorkload } from '../../workloads/standard.ts';
import {
  annotationsFor,
  noAnnotations,
  type PodAnnotations,
  pluginOf,
  resolvedByPlugin,
  resolvedByStandard,
  sameCarried,
} from '../annotations/annotations.ts';
import { Pool } from '../annotations/pool.ts';
import { DecidedPool, type Decision } from '../store/decision.ts';
import { type PodRecord, pluginArgument, SeenPod } from '../store/pod.ts';
import type { AskTrace } from './ask-trace.ts';
import { dryRunChangesOf } from './dry-run-changes.ts';

/** Told what each plugin said of a Pod. */
export type StepListener = (plugin: PluginEntry, step: Step, pod: PodRecord) => void;

export interface ResolverOptions {
  readonly plugins: PluginSet;
  readonly sandbox: Pick<Sandbox, 'evaluate'>;
  readonly owners: Owners;
  /** The built-in table by default. */
  readonly kinds?: KindRules;
  readonly standardResolution: boolean;
  /** The only types a Pod may get; empty allows every kind. The sandbox holds plugins to it. */
  readonly allowedTypes: readonly string[];
  /** What plugins may see of a Pod, as JSON. */
  readonly metadataOf: (record: PodRecord) => string;
  readonly onStep: StepListener;
  /** The Pods whose turn is next, at most so many; none by default. */
  readonly upcoming?: (count: number) => readonly PodRecord[];
  readonly trace?: AskTrace | undefined;
}

/** Milliseconds until a Pod is looked at again for a plugin's failure that may pass. */
const failureRetryMs = 30_000;
/** The same for an owner that could not be read: a CRD or a permission may have come. */
const ownerRetryMs = 10 * 60_000;

/** Pods asked about before their turn: with the one whose turn it is, a good message for each of two Workers. */
const aheadPods = 63;

/** Failures that may pass by themselves; the others are facts about script and Pod. */
const passingFailures: ReadonlySet<FailureReason> = new Set(['timeout', 'memory', 'crash', 'load']);

function isPassing(answer: Answer): boolean {
  return answer.result === 'error' && passingFailures.has(answer.failure.reason);
}

const askedPool = new Pool<string>((asked) => asked);
const decidedPool = new DecidedPool();

/** All of a plugin that has a say in the answer. */
function describeEntry({ name, program = '', mode }: PluginEntry): string {
  return `${name}=${program} ${mode}`;
}

/** What is asked about a Pod. */
interface Question {
  readonly pod: SeenPod;
  readonly candidates: readonly PluginEntry[];
  /** All of it that is not the Pod's: equal for equal plugins. */
  readonly asked: string;
}

/** A decision asked for before the Pod's turn, and what it rests on. */
interface Ahead extends Question, Pick<PodRecord, 'digest' | 'carried'> {
  readonly ownersChanges: number;
  readonly decision: Promise<Decision>;
}

/** Whether the Pod's last decision still answers the question. One that may pass is asked for anew. */
function isAnswered(
  record: PodRecord,
  asked: string,
): record is PodRecord & { readonly decided: NonNullable<PodRecord['decided']> } {
  return record.decided?.asked === asked && record.decided.decision.retryMs === undefined;
}

/** Decides a Pod's workload: plugins by priority, then the owner chain. */
export class Resolver {
  readonly #options: ResolverOptions;
  /** By UID. */
  readonly #ahead = new Map<string, Ahead>();
  /** How often something above some Pods became another. */
  #ownersChanges = 0;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /**
   * Decides, or gives back the earlier decision when the same programs would be asked about the same metadata.
   * @throws when owners can't be read for a reason that may pass; nothing is decided then
   */
  async decide(record: PodRecord): Promise<Decision> {
    const ahead = this.#ahead.get(record.uid);
    const question = this.#questionAbout(record, ahead?.digest === record.digest ? ahead.pod : undefined);
    const { asked } = question;
    if (isAnswered(record, asked)) return record.decided.decision;
    const { digest } = record;
    const ownersChanges = this.#ownersChanges;
    const decision = await (this.#takeAhead(record, asked) ?? this.#askWithNext(record, question));
    // The Pod may have changed meanwhile: an answer about what it was must not pass for one about what it is.
    if (record.digest === digest && ownersChanges === this.#ownersChanges)
      record.decided = decidedPool.share({ asked, decision });
    return decision;
  }

  /** Something above some Pods is another now: what was asked for before may be wrong, and is not remembered. */
  ownersChanged(): void {
    this.#ownersChanges += 1;
  }

  /** @param pod the Pod as it is, if it was looked at already */
  #questionAbout(
    record: PodRecord,
    pod = new SeenPod(record.namespace, () => this.#options.metadataOf(record)),
  ): Question {
    const candidates = this.#options.plugins.candidates(pod);
    return { pod, candidates, asked: askedPool.share(candidates.map(describeEntry).join()) };
  }

  /** The decision that was asked for ahead, if nothing that it rests on has changed since. */
  #takeAhead(record: PodRecord, asked: string): Promise<Decision> | undefined {
    const ahead = this.#ahead.get(record.uid);
    this.#ahead.delete(record.uid);
    if (ahead?.ownersChanges !== this.#ownersChanges) return undefined;
    if (ahead.asked !== asked || ahead.digest !== record.digest) return undefined;
    if (!sameCarried(ahead.carried, record.carried)) return undefined;
    this.#options.trace?.take(ahead.decision);
    return ahead.decision;
  }

  /**
   * Asks about this Pod, and in the same message to the sandbox about those whose turn is next. While writes are
   * what takes time, Pods come one by one; each message costs the processes on its way more than the Lua does.
   */
  #askWithNext(record: PodRecord, question: Question): Promise<Decision> {
    const decision = this.#askTraced(record, question, false);
    for (const next of this.#options.upcoming?.(aheadPods) ?? []) {
      if (this.#ahead.has(next.uid)) continue;
      const about = this.#questionAbout(next);
      if (isAnswered(next, about.asked)) continue;
      const { digest, carried } = next;
      const ownersChanges = this.#ownersChanges;
      const ahead = {
        ...about,
        digest,
        carried,
        ownersChanges,
        decision: this.#askTraced(next, about, true),
      };
      ahead.decision.catch(() => {}); // whoever takes it hears of it
      this.#ahead.set(next.uid, ahead);
    }
    // Those that nobody took: they are gone, or somebody else's turn came first.
    for (const oldest of this.#ahead.keys()) {
      if (this.#ahead.size <= 2 * aheadPods) break;
      this.#ahead.delete(oldest);
    }
    return decision;
  }

  #askTraced(record: PodRecord, question: Question, isAhead: boolean): Promise<Decision> {
    const { trace } = this.#options;
    return trace === undefined
      ? this.#ask(record, question)
      : trace.ask(record, isAhead, () => this.#ask(record, question));
  }

  async #ask(record: PodRecord, { pod, candidates }: Question): Promise<Decision> {
    const metadata = pluginArgument(pod.text, record.resourceVersion);
    const enforcing = candidates.filter(({ mode }) => mode === 'Enforce');
    const rehearsing = candidates.filter(({ mode, program }) => mode === 'DryRun' && program !== undefined);
    const chains = [enforcing, ...rehearsing.map((entry) => [entry])];
    const calls = chains.map((chain) => ({
      metadata,
      programs: chain.flatMap(({ program }) => program ?? []),
    }));
    const asking = calls.some(({ programs }) => programs.length > 0);
    const answers = asking ? await this.#options.sandbox.evaluate(calls) : [];
    const decision = await this.#decide(record, pod, enforcing, answers[0] ?? []);
    if (rehearsing.length === 0) return decision;
    const rehearsed = new Map<PluginEntry, Answer>();
    rehearsing.forEach((entry, index) => {
      for (const step of answers[index + 1] ?? []) {
        this.#options.onStep(entry, step, record);
        rehearsed.set(entry, step.answer);
      }
    });
    const [decider, before] =
      decision.action === 'keep'
        ? [decision.plugin, record.carried]
        : [pluginOf(decision.annotations.resolvedBy), decision.annotations];
    const mayPass = [...rehearsed.values()].some(isPassing);
    const retryMs = decision.retryMs ?? (mayPass ? failureRetryMs : undefined);
    const dryRunChanges = dryRunChangesOf(candidates, decider, before, rehearsed);
    return { ...decision, retryMs, ...(dryRunChanges.length === 0 ? {} : { dryRunChanges }) };
  }

  async #decide(
    record: PodRecord,
    pod: SeenPod,
    enforcing: readonly PluginEntry[],
    answered: readonly Step[],
  ): Promise<Decision> {
    const steps = [...answered];
    const { isForeign, resolvedBy } = record.carried;
    const holder = isForeign ? undefined : resolvedBy;
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
      if (answer !== undefined && isPassing(answer)) retryMs = failureRetryMs;
      if (holder === resolvedByPlugin(entry.name)) return { action: 'keep', plugin: entry.name, retryMs };
    }
    if (!this.#options.standardResolution) return { action: 'carry', annotations: noAnnotations, retryMs };
    const workload = await resolveStandard(pod.meta, this.#options.owners, this.#options.kinds);
    if (!workload.isFinal) retryMs ??= ownerRetryMs;
    return { action: 'carry', annotations: this.#standard(workload, pod.meta), retryMs };
  }

  /** An owner reference holds whatever the Pod's creator wrote; what no annotation may hold counts for nothing. */
  #standard({ type, name }: StandardWorkload, meta: ObjectMeta): PodAnnotations {
    const { allowedTypes } = this.#options;
    const workload = isKind(type) && isWorkloadName(name) ? { type, name } : { type: 'Pod', name: meta.name };
    const allowed = allowedTypes.length === 0 || allowedTypes.includes(workload.type);
    return allowed ? annotationsFor(workload, resolvedByStandard) : noAnnotations;
  }
}
