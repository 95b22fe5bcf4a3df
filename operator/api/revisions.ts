import type { ObjectMeta } from '../kube/client/types.ts';
import { findExcess } from './bounds.ts';
import { formatFieldErrors } from './errors.ts';
import { type ActiveRevision, type LuaPlugin, type LuaPluginSpec, luaPluginResource } from './generated.ts';
import { type Validation, validateLuaPlugin } from './validate.ts';

/** The labels of a stored revision. */
export const revisionLabels = {
  managedBy: { key: 'app.kubernetes.io/managed-by', value: 'lua-plugin-operator' },
  component: { key: 'app.kubernetes.io/component', value: 'revision' },
  /** The UID of the LuaPlugin. */
  pluginUid: 'luaplugin.dev/plugin-uid',
  /** The hash of what the revision runs, so that a list of metadata alone tells what is there. */
  hash: 'luaplugin.dev/revision-hash',
} as const;

const revisionFields = [
  'script',
  'scriptFrom',
  'parameters',
  'parametersSchema',
  'limits',
  'match',
  'tests',
  'requires',
] as const;

/** The parts of a spec that a revision keeps. `script` is the text that ran, also when a ConfigMap held it. */
export type RevisionSpec = Fields & Required<Pick<Fields, 'script' | 'limits'>>;
type Fields = Partial<Pick<LuaPluginSpec, (typeof revisionFields)[number]>>;

/** A ControllerRevision, as far as it is looked at; one that is not stored yet has no UID. */
export interface RevisionObject {
  readonly metadata: Omit<ObjectMeta, 'uid'> & { readonly uid?: string };
}

/** A revision as the API server keeps it: immutable, in the operator's namespace, deleted with its LuaPlugin. */
export interface ControllerRevision extends RevisionObject {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'ControllerRevision';
  readonly revision: number;
  readonly data: Pick<ActiveRevision, 'hash' | 'generation'> & { readonly spec: RevisionSpec };
}

/** A revision that was read back and found sound. */
export interface StoredRevision extends ActiveRevision {
  /** The ControllerRevision's own name. */
  readonly objectName: string;
  readonly plugin: { readonly name: string; readonly uid: string };
  /** When it was stored, in RFC 3339. */
  readonly storedAt: string | undefined;
  readonly spec: RevisionSpec;
}

/** A stored revision, or why the object is none, in one line that names it. */
export type ReadRevision =
  | { readonly ok: true; readonly revision: StoredRevision }
  | { readonly ok: false; readonly message: string };

/** The most that the name of a ControllerRevision, a DNS subdomain, may have. */
const maxNameLength = 253;

/** The collection of all revisions. @param namespace the operator's own */
export function revisionsPath(namespace: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/controllerrevisions`;
}

/** The label selector of one plugin's revisions, or of all plugins' without a UID. */
export function revisionSelector(pluginUid?: string): string {
  const { managedBy, component } = revisionLabels;
  const all = [managedBy, component].map(({ key, value }) => `${key}=${value}`);
  return [...all, ...(pluginUid === undefined ? [] : [`${revisionLabels.pluginUid}=${pluginUid}`])].join();
}

/** The ControllerRevision's name, as in `opengauss-1a2b3c4d-3`; a long plugin's name is cut. */
export function revisionName(
  plugin: { readonly name: string; readonly uid: string },
  number: number,
): string {
  const suffix = `-${plugin.uid.slice(0, 8)}-${number}`;
  // Before the suffix's hyphen a dot would be an empty end of a DNS label.
  return plugin.name.slice(0, maxNameLength - suffix.length).replace(/[.]+$/, '') + suffix;
}

/** The number in a name that `revisionName` made for this plugin; undefined for any other name. */
export function revisionNumber(
  plugin: { readonly name: string; readonly uid: string },
  objectName: string,
): number | undefined {
  const number = Number(objectName.slice(objectName.lastIndexOf('-') + 1));
  return Number.isSafeInteger(number) && objectName === revisionName(plugin, number) ? number : undefined;
}

/**
 * A revision as it is stored.
 * @param plugin with its defaults filled in; spec.script holds the text also when spec.scriptFrom is set
 * @param namespace the operator's own
 */
export function makeRevision(
  plugin: LuaPlugin,
  { number, hash, generation }: ActiveRevision,
  namespace: string,
): ControllerRevision {
  const { name, uid } = plugin.metadata;
  const { script = '', limits } = plugin.spec;
  const { managedBy, component, pluginUid, hash: hashLabel } = revisionLabels;
  const { apiVersion, kind } = luaPluginResource;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: revisionName(plugin.metadata, number),
      namespace,
      labels: {
        [managedBy.key]: managedBy.value,
        [component.key]: component.value,
        [pluginUid]: uid,
        [hashLabel]: hash,
      },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
    revision: number,
    data: { hash, generation, spec: { ...fieldsOf(plugin.spec), script, limits } },
  };
}

/** Reads a ControllerRevision back; anybody may have written it. The object is left as it is. */
export function readRevision(object: RevisionObject): ReadRevision {
  const objectName = object.metadata.name;
  const bad = (what: string): ReadRevision => ({
    ok: false,
    message: `ControllerRevision ${objectName} is no revision of a LuaPlugin: ${what}`,
  });
  const { labels = {}, ownerReferences = [], creationTimestamp } = object.metadata;
  const owner = ownerReferences.find(
    ({ kind, apiVersion, controller }) =>
      controller === true && kind === luaPluginResource.kind && isOurs(apiVersion),
  );
  if (owner === undefined) return bad('no LuaPlugin is its controller');
  if (labels[revisionLabels.pluginUid] !== owner.uid)
    return bad(`the label ${revisionLabels.pluginUid} is not its owner's uid`);

  const { revision: number, data } = object as Partial<Readonly<Record<'revision' | 'data', unknown>>>;
  const { hash, generation, spec } = Object(data) as Partial<Readonly<Record<string, unknown>>>;
  if (!isCount(number) || number < 1) return bad('revision must be a whole number from 1');
  // Its name is its identity: a second object can't pass for the same revision.
  if (objectName !== revisionName(owner, number)) return bad(`revision ${number} has another name`);
  if (typeof hash !== 'string' || !/^[0-9a-f]{1,64}$/.test(hash)) return bad('data.hash must be a hash');
  if (!isCount(generation)) return bad('data.generation must be a whole number from 0');
  const checked = readSpec(spec);
  if (typeof checked === 'string') return bad(checked);
  const plugin = { name: owner.name, uid: owner.uid };
  const storedAt = creationTimestamp;
  return {
    ok: true,
    revision: { objectName, plugin, number, hash, generation, storedAt, spec: checked },
  };
}

/** Revisions by their number, the latest first; a new list. */
export function sortRevisions<T extends Pick<ActiveRevision, 'number'>>(revisions: readonly T[]): T[] {
  return revisions.toSorted((a, b) => b.number - a.number);
}

/** @returns the spec with its defaults, or all that is wrong with it in one line */
function readSpec(spec: unknown): RevisionSpec | string {
  if (typeof spec !== 'object' || spec === null) return 'data.spec is missing';
  const excess = findExcess(spec);
  if (excess !== undefined) return `data.${formatFieldErrors([excess])}`;
  // In a plugin script and scriptFrom exclude each other: one after the other.
  const { scriptFrom, ...rest } = fieldsOf(spec);
  const checks = [rest, ...(scriptFrom === undefined ? [] : [{ scriptFrom }])].map(validateSpec);
  const errors = checks.flatMap((check) => (check.ok ? [] : check.errors));
  const [checked] = checks;
  if (errors.length > 0 || !checked?.ok || rest.script === undefined)
    return errors.map((error) => `data.${formatFieldErrors([error])}`).join('; ');
  return {
    ...fieldsOf(checked.plugin.spec),
    script: rest.script,
    limits: checked.plugin.spec.limits,
    ...(scriptFrom === undefined ? {} : { scriptFrom }),
  };
}

function validateSpec(spec: object): Validation {
  const { apiVersion, kind } = luaPluginResource;
  return validateLuaPlugin({ apiVersion, kind, metadata: { name: 'revision' }, spec });
}

function fieldsOf(spec: object): Fields {
  const fields: readonly string[] = revisionFields;
  return Object.fromEntries(
    Object.entries(spec).filter(([field, value]) => fields.includes(field) && value !== undefined),
  );
}

function isOurs(apiVersion: string): boolean {
  return apiVersion.startsWith(`${luaPluginResource.group}/`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
