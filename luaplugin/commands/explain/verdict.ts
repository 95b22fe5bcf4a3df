import { fieldManager } from '../../../operator/kube/client/client.ts';
import {
  type Carried,
  type PodAnnotations,
  pluginOf,
  sameAnnotations,
} from '../../../operator/pods/annotations/annotations.ts';
import type { Mirror, MirrorPatch } from '../../../operator/pods/annotations/mirror.ts';
import type { Decision } from '../../../operator/pods/store/decision.ts';
import type { Asked } from './ask-plugins.ts';
import type { CandidatePlugin } from './candidate-plugin.ts';
import type { CarriedAnnotation } from './carried-annotations.ts';
import type { WriteRefusal } from './cluster-state.ts';
import type { OwnerChain } from './owner-chain.ts';

/** Whether a Pod carries what it should, and why, in one line. */
export interface Verdict {
  readonly asExpected: boolean;
  readonly message: string;
}

export interface VerdictInput {
  readonly namespace: string;
  /** The operator's config takes in the Pod's namespace. */
  readonly isInScope: boolean;
  readonly isBeingDeleted: boolean;
  /** It has succeeded or failed. */
  readonly isFinished: boolean;
  /** The operator's config leaves finished Pods out; undefined when that is not known. */
  readonly skipsFinished: boolean | undefined;
  /** Who refuses writes to Pods of its namespace; undefined when that is not known. */
  readonly refusals: readonly WriteRefusal[] | undefined;
  readonly carried: Carried;
  /** What the operator's config has mirrored; undefined when that is not known. */
  readonly mirror: Pick<Mirror, 'patch'> | undefined;
  readonly annotations: readonly CarriedAnnotation[];
  readonly candidates: readonly CandidatePlugin[];
  readonly asked: Asked;
  readonly chain: OwnerChain;
}

/** Compares what a Pod carries, in the mirror, too, with what the operator would write now. */
export function judge(input: VerdictInput): Verdict {
  const { namespace, isInScope, isBeingDeleted, carried, asked } = input;
  const has = inWords(carried);
  if (!isInScope) {
    const message = `the operator's config leaves the namespace ${namespace} out; it carries ${has}`;
    return { asExpected: true, message };
  }
  const { decision } = asked;
  if (decision.action === 'keep') {
    const message = `${has} stays: LuaPlugin/${decision.plugin} had said so, and now it fails on this Pod or can't be asked`;
    return { asExpected: true, message };
  }
  const { annotations: wanted } = decision;
  const patch = input.mirror?.patch(carried.mirrored, wanted);
  const isSame = sameAnnotations(carried, wanted);
  if (isSame && patch === undefined) return { asExpected: true, message: `it carries ${has}` };
  const lacks = [...(isSame ? [] : [inWords(wanted)]), ...(patch === undefined ? [] : [patchInWords(patch)])];
  const message = `it carries ${has}, and should carry ${lacks.join(' with ')}`;
  if (isBeingDeleted) {
    return { asExpected: true, message: `${message}; it is being deleted, so it is left as it is` };
  }
  if (input.isFinished && input.skipsFinished) {
    const left = "it has finished, and the operator's config leaves such Pods as they are (skipFinishedPods)";
    return { asExpected: true, message: `${message}; ${left}` };
  }
  return { asExpected: false, message: `${message}: ${isSame ? mirrorReason : reason(input, decision)}` };
}

/** Why the annotations can be right, and the mirror not. */
const mirrorReason =
  "the operator has not written it yet, or the API server refuses it, as config/policy does unless its variable mirror allows it; the operator's log tells";

/** What is still to be mirrored, and what is to go. */
function patchInWords({ labels = {}, annotations = {} }: MirrorPatch): string {
  const words = (kind: string, entries: Readonly<Record<string, string | null>>) =>
    Object.entries(entries).map(
      ([key, value]) => `${value === null ? 'no' : 'the'} ${kind} ${key}${value === null ? '' : `=${value}`}`,
    );
  return `${[...words('label', labels), ...words('annotation', annotations)].join(', ')} (mirror)`;
}

/** The workload that a Pod carries, in words. */
function inWords({ type, name, resolvedBy }: PodAnnotations): string {
  if (type === undefined && name === undefined && resolvedBy === undefined) return 'no workload';
  return `${type ?? '(no type)'} ${name ?? '(no name)'} by ${resolvedBy ?? '(nobody)'}`;
}

/** The likeliest cause of a difference. */
function reason(input: VerdictInput, decision: Decision): string {
  const { candidates, asked, chain, annotations, carried, namespace } = input;
  const unknown = candidates.find(({ role, name }) => role === 'unknown' || asked.broken.has(name));
  if (unknown !== undefined)
    return `LuaPlugin/${unknown.name} can't be asked here, which may be the difference`;
  const late = [...asked.steps].find(
    ([, { answer }]) => answer.result === 'error' && answer.failure.reason === 'timeout',
  );
  if (late !== undefined) return `LuaPlugin/${late[0]} was too slow here, which may be the difference`;
  const refusal = refusalReason(input);
  if (refusal !== undefined) return refusal;
  const stranger = annotations.find(
    ({ writtenBy = fieldManager, mirror }) => writtenBy !== fieldManager && mirror === undefined,
  );
  if (stranger !== undefined) {
    const when = stranger.writtenAt === undefined ? '' : ` at ${stranger.writtenAt}`;
    return `${stranger.writtenBy} wrote ${stranger.key}${when}; the operator puts that right when it runs`;
  }
  const isStandard = decision.action === 'carry' && pluginOf(decision.annotations.resolvedBy) === undefined;
  if (isStandard && !chain.workload.isFinal) return `${chain.end}; the operator may see more of its owners`;
  const waiting = candidates.find(({ isUnseen }) => isUnseen);
  if (waiting !== undefined) return `LuaPlugin/${waiting.name}: ${waiting.note}; is the operator running?`;
  const holder = pluginOf(carried.resolvedBy);
  if (holder !== undefined && !candidates.some(({ name }) => name === holder)) {
    return `LuaPlugin/${holder} is not there any more, and the operator has not looked at the Pod since; is it running?`;
  }
  if (input.isFinished && input.skipsFinished === undefined) {
    return 'it has finished, and the operator never writes such a Pod where its config has skipFinishedPods (give its file with --config)';
  }
  const hidden = input.refusals === undefined ? '; you may not read the Events that tell' : '';
  return `the operator has not written it yet; is it running, does its config take in the namespace ${namespace}, and does nobody refuse the write (docs/alerts.md, LuaPluginWritesRefused${hidden})?`;
}

/** Who refuses the write, perhaps: a refusal may speak of some Pods of a namespace. */
function refusalReason({ refusals = [], namespace }: VerdictInput): string | undefined {
  const [latest] = refusals;
  if (latest === undefined) return undefined;
  const names = refusals.map(({ refuser }) => refuser).join(' and ');
  const verb = refusals.length === 1 ? 'refuses' : 'refuse';
  return `${names} ${verb} the operator's annotations on Pods of the namespace ${namespace}, the last time at ${latest.at}, and this one may wait for that; kubectl get events -n default --field-selector=reason=WriteRefused tells more`;
}
