import { readFileSync } from 'node:fs';
import dotI, { type ResourceEvent, type ResourceMeta, ResourceMetaImpl } from '@dot-i/k8s-operator';
import type {
  KubernetesObject,
  V1CustomResourceDefinition,
  V1CustomResourceDefinitionVersion,
} from '@kubernetes/client-node';
import { parse } from 'yaml';
import { type KubeClient, mergePatch } from './kube/client/client.ts';
import { isAlreadyExists } from './kube/client/errors.ts';
import type { PooledKubeConfig } from './kube/client/pooled-kubeconfig.ts';
import type { KubeObject } from './kube/client/types.ts';
import { WorkQueue } from './kube/queue/workqueue.ts';
import { Reflector } from './kube/watch/reflector.ts';
import type { Logger } from './observability/logging.ts';
import { RunGroup } from './process/run-group.ts';
import { ResourceEvents } from './resource-events.ts';

export interface OperatorShellOptions {
  readonly kubeConfig: PooledKubeConfig;
  readonly client: KubeClient;
  readonly logger: Logger;
}

const maxEventRetryMs = 60_000;

/**
 * @dot-i/k8s-operator's Operator (init, start, stop, watchResource, status and finalizers) on our own connections
 * and reflector. What it replaces does not work with client-node 2, hides failures, or ends the process.
 */
export abstract class OperatorShell extends dotI.default {
  declare protected logger: Logger;
  /** The base's typed client is not for use: it knows no cluster, and the built program leaves its classes out. */
  declare protected k8sApi: never;
  protected readonly client: KubeClient;
  /** What runs as long as the operator. */
  protected readonly parts: RunGroup;
  /** Where the objects of a resource are, by the id in their ResourceMeta. */
  readonly #paths = new Map<string, (namespace: string | undefined) => string>();

  constructor({ kubeConfig, client, logger }: OperatorShellOptions) {
    const restore = hideAmbientKubeConfig();
    super(logger);
    restore();
    this.kubeConfig = kubeConfig;
    this.client = client;
    this.parts = new RunGroup({
      logger,
      onFailure: ({ message, cause }) =>
        logger.error({ err: cause }, `${message}; all work ends, and only a restart helps`),
    });
  }

  /** Ends the parts, the last started first, and resolves when they have ended. May be called twice. */
  override async stop(): Promise<void> {
    await this.parts.stop();
  }

  /** The path of the resource's collection on the API server (no host: our client knows it). */
  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
    return namespace ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
  }

  /**
   * Calls back for each object of the resource, one at a time, and again with back-off when that throws. Lost
   * connections, restarts of the server and missing permissions are waited out.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const id = `${plural}.${group ? `${group}/${version}` : version}`;
    this.#paths.set(id, (of) => this.getCustomResourceApiUri(group, version, plural, of));
    const queue = new WorkQueue({
      name: id,
      handler: (uid) => events.deliver(uid),
      concurrency: 1,
      maxDelayMs: maxEventRetryMs,
      logger: this.logger,
    });
    const events = new ResourceEvents(plural, onEvent, (uid) => queue.add(uid, { atOnce: true }));
    const path = this.getCustomResourceApiUri(group, version, plural, namespace);
    this.parts.start(`queue of ${id}`, queue);
    this.parts.start(
      `watch of ${id}`,
      new Reflector<KubeObject>({
        client: this.client,
        path,
        what: id,
        sink: events,
        logger: this.logger,
      }),
    );
  }

  /** Creates the definition in that YAML file, unless there is one of its name. @throws ApiError, ConnectionError */
  protected override async registerCustomResourceDefinition(
    crdFile: string,
  ): Promise<{ group: string; versions: V1CustomResourceDefinitionVersion[]; plural: string }> {
    const crd: V1CustomResourceDefinition = parse(readFileSync(crdFile, 'utf8'));
    if (!crd?.apiVersion?.startsWith('apiextensions.k8s.io/')) {
      throw new Error(`${crdFile} is no CustomResourceDefinition (apiVersion apiextensions.k8s.io/v1)`);
    }
    try {
      await this.client.request({
        method: 'POST',
        path: `/apis/${crd.apiVersion}/customresourcedefinitions`,
        body: crd,
      });
      this.logger.info(`registered custom resource definition '${crd.metadata?.name}'`);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
    return { group: crd.spec.group, versions: crd.spec.versions, plural: crd.spec.names.plural };
  }

  /** Replaces the status. @throws ApiError (409 when the object changed since meta was made), ConnectionError */
  protected override async setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.#writeStatus('PUT', meta, status);
  }

  /** Merges into the status (RFC 7386). @throws ApiError, ConnectionError */
  protected override async patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    return this.#writeStatus('PATCH', meta, status);
  }

  /** Replaces the finalizers. @throws ApiError (409 when the object changed since meta was made), ConnectionError */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    await this.client.request({
      method: 'PATCH',
      path: this.#pathOf(meta),
      contentType: mergePatch,
      // Without its resourceVersion the list would overwrite a finalizer that somebody has just added.
      body: { metadata: { resourceVersion: meta.resourceVersion, finalizers } },
    });
  }

  async #writeStatus(method: 'PUT' | 'PATCH', meta: ResourceMeta, status: unknown): Promise<ResourceMeta> {
    const { apiVersion, kind, name, namespace, resourceVersion } = meta;
    const written = await this.client.request<KubernetesObject>({
      method,
      path: `${this.#pathOf(meta)}/status`,
      contentType: method === 'PATCH' ? mergePatch : 'application/json',
      body: {
        apiVersion,
        kind,
        metadata: { name, resourceVersion, ...(namespace ? { namespace } : {}) },
        status,
      },
    });
    return ResourceMetaImpl.createWithId(meta.id, written);
  }

  #pathOf(meta: ResourceMeta): string {
    const path = this.#paths.get(meta.id);
    if (path === undefined) throw new Error(`${meta.id} is not watched by this operator`);
    return `${path(meta.namespace)}/${encodeURIComponent(meta.name)}`;
  }
}

/**
 * The base's constructor loads the default kubeconfig, only for us to replace it; a broken one must not end an
 * operator that was given another. @returns the function that undoes it
 */
function hideAmbientKubeConfig(): () => void {
  const { KUBECONFIG, HOME } = process.env;
  process.env.KUBECONFIG = '';
  process.env.HOME = '';
  return () => {
    for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
