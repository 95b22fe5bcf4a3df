import { luaAdvice } from '../../operator/plugins/script/lua-advice.ts';
import { globalAssignments } from '../../operator/plugins/script/lua-globals.ts';
import type { Finding } from '../program/finding.ts';
import type { LocatedPlugin } from './valid-plugin.ts';

/**
 * What the author of a plugin that loads should know.
 * @param isThorough whether style counts, too: functions that set globals
 */
export function warningsOf({ plugin, findingOf }: LocatedPlugin, isThorough = false): Finding[] {
  const { script = '' } = plugin.spec;
  const advice = [...luaAdvice(script), ...(isThorough ? globalAssignments(script) : [])];
  return advice.map(({ line, message }) => findingOf({ reason: 'load', line, message }));
}

/** A finding that is no error. */
export function asWarning(finding: Finding): Finding {
  return { ...finding, message: `warning: ${finding.message}` };
}
