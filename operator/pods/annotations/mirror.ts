import { fieldManager } from '../../kube/client/client.ts';
import { writersOf } from '../../kube/client/managed-fields.ts';
import type { ObjectMeta } from '../../kube/client/types.ts';

/** Where else the workload is written; see `mirror` in the config. */
export interface MirrorOptions {
  readonly labels: boolean;
  readonly openTelemetry: boolean;
}

/** A workload as a Pod's annotations say it; undefined where they don't. */
export interface MirroredWorkload {
  readonly type: string | undefined;
  readonly name: string | undefined;
}

/** The parts of a Pod's metadata that the mirror reads. */
export type MirroredMeta = Pick<ObjectMeta, 'labels' | 'annotations' | 'managedFields'>;

/** What stands on a Pod where the mirror writes. */
export interface Mirrored {
  /** By key: what the operator wrote, now or in a former run. */
  readonly own: Readonly<Record<string, string>>;
  /** Keys that the mirror would write, and that hold what somebody else wrote. That stays. */
  readonly foreign: readonly string[];
}

/** Parts of a JSON merge patch; null removes. */
export interface MirrorPatch {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
}

/**
 * Kubernetes' bounds of a label's value. A workload's type always fits, and so do names of Kubernetes objects of up
 * to 63 characters.
 */
const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** The annotations that the OpenTelemetry collector's k8sattributes processor turns into attributes of that name. */
const attributePrefix = 'resource.opentelemetry.io/';
/** By type: the attribute that OpenTelemetry's semantic conventions have for the name of such a workload. */
const nameAttributes: Readonly<Record<string, string>> = {
  CronJob: 'k8s.cronjob.name',
  DaemonSet: 'k8s.daemonset.name',
  Deployment: 'k8s.deployment.name',
  Job: 'k8s.job.name',
  ReplicaSet: 'k8s.replicaset.name',
  ReplicationController: 'k8s.replicationcontroller.name',
  StatefulSet: 'k8s.statefulset.name',
};
/** For all other types. The conventions have none; the collector's k8s_cluster receiver and vendors use these two. */
const otherAttributes = { kind: 'k8s.workload.kind', name: 'k8s.workload.name' } as const;

/** Every annotation of OpenTelemetry that the mirror may write, without the prefix. `config/policy` has them, too. */
export const mirroredAttributes: readonly string[] = [
  ...Object.values(nameAttributes),
  ...Object.values(otherAttributes),
];

const attributeKeys = mirroredAttributes.map((name) => `${attributePrefix}${name}`);

/** Writes a Pod's workload where tools look that do not read the operator's annotations. */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #typeLabel: string;
  readonly #nameLabel: string;

  /** @param prefix of the operator's keys, `luaplugin.dev` by default */
  constructor(prefix: string, options: MirrorOptions) {
    this.#options = options;
    this.#typeLabel = `${prefix}/workload-type`;
    this.#nameLabel = `${prefix}/workload-name`;
  }

  /** All keys that it knows, whether the config has them mirrored or not. */
  get keys(): { readonly labels: readonly string[]; readonly annotations: readonly string[] } {
    return { labels: [this.#typeLabel, this.#nameLabel], annotations: attributeKeys };
  }

  /**
   * What a Pod has where the mirror writes; undefined when it has nothing there.
   *
   * The operator's own is what only the operator wrote, as the API server keeps it in managedFields. Where those were
   * removed, it is what says the same as the Pod's workload annotations.
   * @param workload what these say
   */
  read(metadata: MirroredMeta, workload: MirroredWorkload): Mirrored | undefined {
    const { labels, annotations, managedFields } = metadata;
    const { labels: mirrorsLabels, openTelemetry } = this.#options;
    const own: Record<string, string> = {};
    const foreign: string[] = [];
    const isOwn = (field: 'labels' | 'annotations', key: string, value: string) => {
      if (managedFields === undefined || managedFields.length === 0) {
        return this.#everything(workload)[key] === value;
      }
      const writers = writersOf(managedFields, field, key);
      return writers.length > 0 && writers.every(({ manager }) => manager === fieldManager);
    };
    const look = (field: 'labels' | 'annotations', key: string, isMirrored: boolean) => {
      const value = metadata[field]?.[key];
      if (value === undefined) return;
      if (isOwn(field, key, value)) own[key] = value;
      else if (isMirrored) foreign.push(key);
    };
    const keys = this.keys;
    if (labels !== undefined) for (const key of keys.labels) look('labels', key, mirrorsLabels);
    if (annotations !== undefined)
      for (const key of keys.annotations) look('annotations', key, openTelemetry);
    return foreign.length === 0 && Object.keys(own).length === 0 ? undefined : { own, foreign };
  }

  /**
   * What leads from what stands there to what should; undefined when nothing is to be done.
   * @param from what `read` found
   */
  patch(from: Mirrored | undefined, to: MirroredWorkload): MirrorPatch | undefined {
    const { own = {}, foreign = [] } = from ?? {};
    if (from === undefined && !this.#options.labels && !this.#options.openTelemetry) return undefined;
    const wanted = Object.entries(this.#wanted(to)).filter(([key]) => !foreign.includes(key));
    const change: [string, string | null][] = wanted.filter(([key, value]) => own[key] !== value);
    const kept = new Set(wanted.map(([key]) => key));
    for (const key of Object.keys(own)) if (!kept.has(key)) change.push([key, null]);
    if (change.length === 0) return undefined;
    const labels = change.filter(([key]) => this.#isLabel(key));
    const annotations = change.filter(([key]) => !this.#isLabel(key));
    return {
      ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels) }),
      ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    };
  }

  /** Whether the workload's name can be no label: it is too long, or has other characters than a label may have. */
  omitsName({ name }: MirroredWorkload): boolean {
    return this.#options.labels && name !== undefined && !labelValue.test(name);
  }

  /** A Pod's labels without the operator's own; undefined when none are left. */
  stripLabels(
    labels: Readonly<Record<string, string>> | undefined,
    mirrored: Mirrored | undefined,
  ): Readonly<Record<string, string>> | undefined {
    if (labels === undefined || mirrored === undefined) return labels;
    const rest = Object.entries(labels).filter(
      ([key]) => !this.#isLabel(key) || !Object.hasOwn(mirrored.own, key),
    );
    return rest.length === 0 ? undefined : Object.fromEntries(rest);
  }

  #isLabel(key: string): boolean {
    return key === this.#typeLabel || key === this.#nameLabel;
  }

  #wanted(workload: MirroredWorkload): Record<string, string> {
    const { labels, openTelemetry } = this.#options;
    return {
      ...(labels ? this.#labels(workload) : {}),
      ...(openTelemetry ? attributes(workload) : {}),
    };
  }

  #everything(workload: MirroredWorkload): Record<string, string> {
    return { ...this.#labels(workload), ...attributes(workload) };
  }

  #labels({ type, name }: MirroredWorkload): Record<string, string> {
    return {
      ...(type !== undefined && labelValue.test(type) ? { [this.#typeLabel]: type } : {}),
      ...(name !== undefined && labelValue.test(name) ? { [this.#nameLabel]: name } : {}),
    };
  }
}

function attributes({ type, name }: MirroredWorkload): Record<string, string> {
  // Every collector knows the Pod's own name, and another one would make two Pods of it.
  if (type === undefined || name === undefined || type === 'Pod') return {};
  const attribute = Object.hasOwn(nameAttributes, type) ? nameAttributes[type] : undefined;
  if (attribute !== undefined) return { [`${attributePrefix}${attribute}`]: name };
  return {
    [`${attributePrefix}${otherAttributes.kind}`]: type,
    [`${attributePrefix}${otherAttributes.name}`]: name,
  };
}
