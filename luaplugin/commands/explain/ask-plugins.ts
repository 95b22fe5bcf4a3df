import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { OperatorConfig } from '../../../operator/config/config.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { programOf } from '../../../operator/plugins/script/program.ts';
import { PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import type { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { Resolver } from '../../../operator/pods/resolve/resolver.ts';
import type { Decision } from '../../../operator/pods/store/decision.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import type { Failure, Sandbox, Step } from '../../../operator/sandbox/contract.ts';
import type { KindRules } from '../../../operator/workloads/kind-rules.ts';
import type { Owners } from '../../../operator/workloads/standard.ts';
import type { CandidatePlugin } from './candidate-plugin.ts';

type LoadProblem = Pick<Failure, 'message'>;

/** What came of the candidates. */
export interface Asked {
  /** What the operator would do with the Pod. */
  readonly decision: Decision;
  /** By plugin: what it said; a plugin that is not in it was not asked. */
  readonly steps: ReadonlyMap<string, Step>;
  /** By plugin: why it can't be loaded here. */
  readonly broken: ReadonlyMap<string, LoadProblem>;
}

export interface AskOptions {
  readonly candidates: readonly CandidatePlugin[];
  readonly pod: KubeObject;
  readonly keys: AnnotationKeys;
  readonly owners: Owners;
  readonly kinds: KindRules;
  readonly config: Pick<OperatorConfig, 'standardResolution' | 'allowedTypes'>;
  readonly sandbox: Sandbox;
}

/** Has the operator's own resolver decide about a Pod, with the programs that serve loaded here. */
export async function askCandidates(options: AskOptions): Promise<Asked> {
  const { candidates, pod, keys, owners, kinds, config, sandbox } = options;
  const broken = new Map<string, LoadProblem>();
  const steps = new Map<string, Step>();
  const plugins = new PluginSet();
  for (const { name, priority, mode, role, serving } of candidates) {
    if (role === 'out') continue;
    const failure = role === 'ask' && serving ? await load(serving.plugin, name, sandbox) : undefined;
    if (failure !== undefined) broken.set(name, failure);
    const program = role === 'ask' && failure === undefined ? name : undefined;
    // Whether the Pod matches has been decided already.
    plugins.put({ name, priority, mode, matches: () => true, program });
  }
  const { deletionTimestamp: _, ...metadata } = pod.metadata;
  const store = new PodStore({ keys, inScope: () => true });
  store.upsert({ ...pod, metadata });
  const record = store.get(metadata.uid);
  if (record === undefined) throw new Error('the Pod has no uid');
  const { standardResolution, allowedTypes } = config;
  const resolver = new Resolver({
    plugins,
    sandbox,
    owners,
    kinds,
    standardResolution,
    allowedTypes,
    metadataOf: (one) => store.metadata(one),
    onStep: ({ name }, step) => steps.set(name, step),
  });
  return { decision: await resolver.decide(record), steps, broken };
}

async function load(plugin: LuaPlugin, id: string, sandbox: Sandbox): Promise<LoadProblem | undefined> {
  const made = await programOf(plugin, id, sandbox);
  return made.ok ? await sandbox.load(made.program) : made;
}
