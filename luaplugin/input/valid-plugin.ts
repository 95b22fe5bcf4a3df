import type { LuaPlugin } from '../../operator/api/generated.ts';
import { validateLuaPlugin } from '../../operator/api/validate.ts';
import { luaAdvice } from '../../operator/plugins/script/lua-advice.ts';
import { globalAssignments } from '../../operator/plugins/script/lua-globals.ts';
import type { Failure } from '../../operator/sandbox/contract.ts';
import { type Diagnostic, formatDiagnostic } from '../program/errors.ts';
import type { PluginSources, SourceObject } from './plugins.ts';
import { failureMessage, type ScriptLines } from './script-lines.ts';
import type { Source } from './text.ts';

/** A valid plugin, with its defaults filled in and its script at hand, and where it stands. */
export interface LocatedPlugin {
  readonly file: string;
  readonly line: number;
  readonly plugin: LuaPlugin;
  /** The line of a field. @param steps as in `['spec', 'tests', '0']` */
  lineOf(steps: readonly string[]): number;
  /** Where the script's author has to look. */
  diagnosticOf(failure: Failure): Diagnostic;
}

/** @returns the plugin, or all that is wrong with it */
export function validPlugin(
  source: SourceObject,
  configMaps: PluginSources['configMaps'],
): LocatedPlugin | readonly Diagnostic[] {
  const { file, lineOf } = source;
  const checked = validateLuaPlugin(source.value);
  if (!checked.ok) {
    return checked.errors.map(({ path, message }) => ({
      file,
      line: lineOf(pathSteps(path)),
      message: path === '' ? message : `${path}: ${message}`,
    }));
  }
  const { plugin } = checked;
  const script = scriptOf(plugin, source, configMaps);
  if ('message' in script) return [script];
  return {
    file,
    line: lineOf(['metadata', 'name']),
    plugin: { ...plugin, spec: { ...plugin.spec, script: script.text } },
    lineOf,
    diagnosticOf: (failure) => ({
      file: script.file,
      line: script.lines.lineOf(failure.line),
      message: failureMessage(failure, plugin.metadata.name, script.file, script.lines),
    }),
  };
}

/** The steps of a path as Kubernetes writes it: `spec.tests[0].expect`. */
export function pathSteps(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([step, bracketed]) => bracketed ?? step);
}

type Script = Source & { readonly lines: ScriptLines };

function scriptOf(
  { spec }: LuaPlugin,
  source: SourceObject,
  configMaps: PluginSources['configMaps'],
): Script | Diagnostic {
  const { script, scriptFrom } = spec;
  if (script !== undefined || scriptFrom === undefined) {
    return { file: source.file, text: script ?? '', lines: source.linesOf(['spec', 'script']) };
  }
  const { namespace, name, key } = scriptFrom.configMapKeyRef;
  for (const configMap of configMaps) {
    const metadata: { name?: unknown; namespace?: unknown } = Object(configMap.value.metadata);
    const text: unknown = Object(configMap.value.data)[key];
    if (metadata.name !== name || (metadata.namespace ?? namespace) !== namespace) continue;
    if (typeof text === 'string')
      return { file: configMap.file, text, lines: configMap.linesOf(['data', key]) };
  }
  return {
    file: source.file,
    line: source.lineOf(['spec', 'scriptFrom']),
    message: `spec.scriptFrom: no key ${key} of a ConfigMap ${namespace}/${name} in the files given; give its file, too`,
  };
}

/**
 * What the author of a plugin that loads should know.
 * @param isThorough whether style counts, too: functions that set globals
 */
export function warningsOf({ plugin, diagnosticOf }: LocatedPlugin, isThorough = false): Diagnostic[] {
  const { script = '' } = plugin.spec;
  const advice = [...luaAdvice(script), ...(isThorough ? globalAssignments(script) : [])];
  return advice.map(({ line, message }) => diagnosticOf({ reason: 'load', line, message }));
}

/** A warning as a person reads it. */
export function formatWarning({ message, ...place }: Diagnostic): string {
  return formatDiagnostic({ ...place, message: `warning: ${message}` });
}
