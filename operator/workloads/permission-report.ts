import { applyPatch, type KubeClient } from '../kube/client/client.ts';
import { describeError, isForbidden, isRefused } from '../kube/client/errors.ts';
import type { EventInput } from '../kube/events/events.ts';
import type { WorkQueue } from '../kube/queue/workqueue.ts';
import type { Logger } from '../observability/logging.ts';
import { type MissingPermission, resourceName } from './forbidden-places.ts';

export interface PermissionReportOptions {
  /** Writes only while this instance leads. */
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  readonly queue: Pick<WorkQueue, 'add' | 'run'>;
  readonly recordEvent: (event: EventInput) => void;
  readonly logger: Logger;
}

/** Where an administrator finds what the operator lacks. */
export const statusConfigMap = 'lua-plugin-operator-status';

/** The ClusterRole that the rules are gathered in, which Events about a missing one are about. */
const gatheringRole = 'lua-plugin-operator-owners';

const noneMissing = '# None: every owner that was asked for could be read.\n';

/**
 * Tells an administrator which permissions to read owners are missing: in an Event for each, and all of them in a
 * ConfigMap of the operator's namespace, as the rules that a ClusterRole would need.
 */
export class PermissionReport {
  readonly #options: PermissionReportOptions;
  readonly #missing = new Map<string, MissingPermission>();

  constructor(options: PermissionReportOptions) {
    this.#options = options;
  }

  /** Writes until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#options.queue.run(signal, (_key, ending) => this.reconcile(ending));
  }

  /** An owner of this resource could not be read. */
  add(missing: MissingPermission): void {
    const name = resourceName(missing);
    this.#missing.set(name, missing);
    this.#options.recordEvent(eventAbout(missing));
    this.restart();
  }

  /** Owners of this resource may be read again. */
  remove(missing: MissingPermission): void {
    if (this.#missing.delete(resourceName(missing))) this.restart();
  }

  /** Has the ConfigMap written again: this instance leads from now on, or something changed. */
  restart(): void {
    this.#options.queue.add(statusConfigMap);
  }

  /** The queue's handler. @throws for faults that may pass */
  async reconcile(signal: AbortSignal): Promise<void> {
    try {
      await this.#write(signal);
    } catch (error) {
      if (!isRefused(error) && !isForbidden(error)) throw error;
      // No such namespace, as where the operator runs outside of the cluster; the log has all of it.
      const level = this.#missing.size > 0 ? 'warn' : 'debug';
      this.#options.logger[level](
        { configMap: statusConfigMap, error: describeError(error) },
        'could not write the status',
      );
    }
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#options;
    await client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${statusConfigMap}`,
      query: { fieldManager: 'lua-plugin-operator', force: true },
      contentType: applyPatch,
      signal,
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: statusConfigMap, labels: { 'app.kubernetes.io/name': 'lua-plugin-operator' } },
        data: { 'missing-rules.yaml': rulesText([...this.#missing.values()]) },
      },
    });
  }
}

function rulesText(missing: readonly MissingPermission[]): string {
  if (missing.length === 0) return noneMissing;
  const sorted = missing.toSorted((a, b) => (resourceName(a) < resourceName(b) ? -1 : 1));
  return sorted
    .map(
      ({ group, resource, kind }) =>
        `# Until it is granted, Pods of a ${kind} count as that ${kind}, whatever owns it.\n` +
        `- apiGroups: [${JSON.stringify(group)}]\n  resources: [${JSON.stringify(resource)}]\n  verbs: [get, list, watch]\n`,
    )
    .join('');
}

function eventAbout(missing: MissingPermission): EventInput {
  const { apiVersion, kind } = missing;
  return {
    regarding: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: gatheringRole },
    related: { apiVersion, kind, name: resourceName(missing) },
    type: 'Warning',
    reason: 'MissingPermission',
    action: 'ReadOwner',
    note:
      `may not get ${resourceName(missing)}: Pods of a ${kind} count as that ${kind}, whatever owns it. Apply a ` +
      'ClusterRole labelled luaplugin.dev/aggregate-to-owners=true that allows it; the rule is in the ConfigMap ' +
      statusConfigMap,
  };
}
