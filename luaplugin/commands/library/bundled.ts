import type { LuaPluginSpec } from '../../../operator/api/generated.ts';
import { validateLuaPlugin } from '../../../operator/api/validate.ts';
import type { Manifest } from '../../cluster/manifest.ts';
import { UsageError } from '../../program/errors.ts';
import generated from './generated.json' with { type: 'json' };

/** A plugin of the library, as this version of the program has it. */
export interface BundledPlugin {
  readonly name: string;
  /** What makes the Pods that it is for, in the versions whose Pods were looked at. */
  readonly operators: readonly { readonly name: string; readonly versions: readonly string[] }[];
  /** The API groups that a cluster has to serve for it; empty: it goes by labels alone, so no cluster is known to need it. */
  readonly apiGroups: readonly string[];
  readonly manifest: Manifest & { readonly spec: Partial<LuaPluginSpec> };
}

/** All of them, by name. */
export const library: readonly BundledPlugin[] = generated.map(({ operators, manifest }) => {
  const { metadata, spec } = manifest as unknown as BundledPlugin['manifest'];
  return {
    name: metadata.name,
    operators,
    apiGroups: spec.requires?.apiGroups ?? [],
    manifest: { ...manifest, metadata, spec },
  };
});

/** The plugins of these names, each once. @throws UsageError for one that the library does not have */
export function pluginsNamed(names: readonly string[]): BundledPlugin[] {
  return [...new Set(names)].map((name) => {
    const found = library.find((plugin) => plugin.name === name);
    if (found !== undefined) return found;
    const similar = library.filter((plugin) => plugin.name.includes(name) || name.includes(plugin.name));
    const advice =
      similar.length === 0
        ? '"luaplugin library list" shows those that there are'
        : `did you mean ${similar.map((plugin) => plugin.name).join(', ')}?`;
    throw new UsageError(`the library has no plugin ${JSON.stringify(name)}; ${advice}`);
  });
}

/** What a plugin sets, with the defaults that the API server would fill in. */
export function specOf({ manifest }: BundledPlugin): LuaPluginSpec {
  const checked = validateLuaPlugin(manifest);
  if (checked.ok) return checked.plugin.spec;
  throw new Error(`the library's plugin ${manifest.metadata.name} is not valid`);
}
