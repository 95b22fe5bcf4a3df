import { type Condition, type LuaPlugin, luaPluginResource } from '../../api/generated.ts';
import type { EventInput, EventSubject } from '../../kube/events/events.ts';
import type { StatusPatch } from './status.ts';

/** The conditions whose change is told as an Event, and when that is a warning. */
const told = [
  {
    type: 'Ready',
    isWarning: ({ status, reason }: Condition) => status === 'False' && reason !== 'Suspended',
  },
  { type: 'Degraded', isWarning: ({ status }: Condition) => status === 'True' },
  { type: 'Conflicted', isWarning: () => true },
] as const;

/** The Events that a change of a plugin's status gives rise to. @param plugin the object with its status before */
export function eventsOf(plugin: LuaPlugin, status: StatusPatch): EventInput[] {
  return told.flatMap(({ type, isWarning }) => {
    const before = plugin.status?.conditions?.find((condition) => condition.type === type);
    const after = status.conditions?.find((condition) => condition.type === type);
    if (after === undefined || !isNews(type, before, after)) return [];
    return [
      {
        regarding: subjectOf(plugin),
        type: isWarning(after) ? 'Warning' : 'Normal',
        reason: after.reason,
        action: type === 'Ready' ? 'Load' : 'Resolve',
        note: after.message,
      } as const,
    ];
  });
}

/** A plugin as the object that an Event is about. */
export function subjectOf({ metadata: { name, uid } }: LuaPlugin): EventSubject {
  const { apiVersion, kind } = luaPluginResource;
  return { apiVersion, kind, name, uid };
}

function isNews(
  type: (typeof told)[number]['type'],
  before: Condition | undefined,
  after: Condition,
): boolean {
  // That a new plugin is not Degraded is no news.
  if (before === undefined && type === 'Degraded') return after.status === 'True';
  // A library that is applied as a whole would be as many Events about what is not there.
  if (after.reason === 'Dormant' && (before === undefined || before.reason === 'Dormant')) return false;
  if (after.status !== before?.status || after.reason !== before.reason) return true;
  return type === 'Ready' && after.observedGeneration !== before.observedGeneration;
}
