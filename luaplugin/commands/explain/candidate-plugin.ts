import { type LuaPlugin, type LuaPluginSpec, luaPluginResource } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { compileMatch, type MatchablePod, type NamespaceLabels } from '../../../operator/api/selectors.ts';
import { validateLuaPlugin } from '../../../operator/api/validate.ts';
import { explainReadiness, readinessOf } from '../../cluster/readiness.ts';

/** A plugin as it stands to one Pod, before anybody asks it. */
export interface CandidatePlugin {
  readonly name: string;
  readonly priority: number;
  readonly mode: LuaPluginSpec['mode'];
  /** What runs in the cluster: the revision that serves; absent when none does, or it is not to be had. */
  readonly serving?: { readonly plugin: LuaPlugin; readonly number: number | undefined };
  /**
   * `ask`; `keeps`: it can't be asked, and Pods that it had resolved keep what they have; `out`: it has no say about
   * this Pod; `unknown`: it serves, and what it serves is not to be had here.
   */
  readonly role: 'ask' | 'keeps' | 'out' | 'unknown';
  /** The operator has not looked at the latest generation yet. */
  readonly isUnseen: boolean;
  /** Why it is not asked, or which generation waits behind the one that serves. */
  readonly note?: string;
}

/** What is known of the cluster when a plugin is judged. */
export interface CandidateInput {
  readonly plugin: LuaPlugin;
  readonly pod: MatchablePod;
  readonly namespaceLabels: NamespaceLabels;
  /** The ControllerRevision of the revision that serves, if it had to be looked for and is there. */
  readonly stored: StoredRevision | undefined;
}

/** Whether what serves is the spec itself; else its ControllerRevision has to be looked for. */
export function servesSpec(plugin: LuaPlugin): boolean {
  const { generation = 0 } = plugin.metadata;
  return plugin.spec.scriptFrom === undefined && readinessOf(plugin, generation).state === 'ready';
}

/** Judges a plugin's part in the answer about a Pod, by its status and what serves. */
export function candidateOf({ plugin, pod, namespaceLabels, stored }: CandidateInput): CandidatePlugin {
  const { name, generation = 0 } = plugin.metadata;
  const { spec, status } = plugin;
  const readiness = readinessOf(plugin, generation);
  const isUnseen = readiness.state === 'waiting' && readiness.reason === undefined;
  const about = { name, priority: spec.priority, mode: spec.mode, isUnseen };
  if (spec.suspend) return { ...about, role: 'out', note: 'suspended (spec.suspend)' };
  const behind =
    readiness.state === 'ready' ? undefined : `generation ${generation}: ${explainReadiness(readiness)}`;
  const active = status?.activeRevision;
  if (active === undefined) {
    if (readiness.state === 'ready') return { ...about, role: 'out', note: `dormant: ${readiness.message}` };
    const mismatch = matchProblem(spec.match, pod, namespaceLabels);
    if (mismatch !== undefined) return { ...about, role: 'out', note: mismatch };
    return { ...about, role: 'keeps', note: `no revision serves; ${behind}` };
  }
  const running = servesSpec(plugin) ? plugin : stored && withRevision(plugin, stored);
  if (running === undefined) {
    const note = `revision ${active.number} serves, but it is not kept or must not be read, so it can't be asked here`;
    return { ...about, role: 'unknown', note };
  }
  const serving = { plugin: running, number: active.number };
  const mismatch = matchProblem(running.spec.match, pod, namespaceLabels);
  if (mismatch !== undefined) return { ...about, serving, role: 'out', note: mismatch };
  const note = behind === undefined ? {} : { note: `${behind}; revision ${active.number} goes on serving` };
  return { ...about, serving, role: 'ask', ...note };
}

/** A plugin as it was at a revision, in what it does. */
function withRevision(plugin: LuaPlugin, { spec: revision }: StoredRevision): LuaPlugin | undefined {
  const { scriptFrom: _, ...rest } = revision;
  const { apiVersion, kind } = luaPluginResource;
  const checked = validateLuaPlugin({ apiVersion, kind, metadata: plugin.metadata, spec: rest });
  return checked.ok ? checked.plugin : undefined;
}

const conditions = ['namespaces', 'namespaceSelector', 'podSelector', 'owners'] as const;

/** The first condition of a match that a Pod does not meet; undefined when it meets all. */
export function matchProblem(
  match: LuaPluginSpec['match'],
  pod: MatchablePod,
  namespaceLabels: NamespaceLabels,
): string | undefined {
  const failed = conditions.find((condition) => {
    const value = match?.[condition];
    return value !== undefined && !compileMatch({ [condition]: value }, namespaceLabels)(pod);
  });
  return failed && `spec.match.${failed} leaves this Pod out`;
}
