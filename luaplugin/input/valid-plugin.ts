import type { LuaPlugin } from '../../operator/api/generated.ts';
import { validateLuaPlugin } from '../../operator/api/validate.ts';
import type { Failure } from '../../operator/sandbox/contract.ts';
import type { Finding } from '../program/finding.ts';
import { failureMessage } from './failure-message.ts';
import type { PluginSources, SourceObject } from './plugins.ts';
import type { ScriptLines } from './script-lines.ts';

/** A valid plugin, with its defaults filled in and its script at hand, and where it stands. */
export interface LocatedPlugin {
  readonly file: string;
  readonly line: number;
  readonly plugin: LuaPlugin;
  /** The line of a field. @param steps as in `['spec', 'tests', '0']` */
  lineOf(steps: readonly string[]): number;
  /** Where the script's author has to look. */
  findingOf(failure: Failure): Finding;
}

/** @returns the plugin, or all that is wrong with it */
export function validPlugin(
  source: SourceObject,
  configMaps: PluginSources['configMaps'],
): LocatedPlugin | readonly Finding[] {
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
    findingOf: (failure) => ({
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

interface Script {
  readonly file: string;
  readonly text: string;
  readonly lines: ScriptLines;
}

function scriptOf(
  { spec }: LuaPlugin,
  source: SourceObject,
  configMaps: PluginSources['configMaps'],
): Script | Finding {
  const { script, scriptFrom } = spec;
  if (script !== undefined || scriptFrom === undefined) {
    return { file: source.file, text: script ?? '', lines: source.linesOf(['spec', 'script']) };
  }
  const { namespace, name, key } = scriptFrom.configMapKeyRef;
  for (const configMap of configMaps) {
    const { metadata, data } = Object(configMap.value) as { metadata?: unknown; data?: unknown };
    const { name: itsName, namespace: itsNamespace = namespace } = Object(metadata) as Record<
      string,
      unknown
    >;
    const text: unknown = Object(data)[key];
    if (itsName !== name || itsNamespace !== namespace || typeof text !== 'string') continue;
    return { file: configMap.file, text, lines: configMap.linesOf(['data', key]) };
  }
  return {
    file: source.file,
    line: source.lineOf(['spec', 'scriptFrom']),
    message: `spec.scriptFrom: no key ${key} of a ConfigMap ${namespace}/${name} in the files given; give its file, too`,
  };
}
