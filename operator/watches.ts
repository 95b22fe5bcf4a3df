import { type LuaPlugin, luaPluginResource } from './api/generated.ts';
import type { OperatorConfig } from './config/config.ts';
import type { KubeClient } from './kube/client/client.ts';
import type { KubeObject } from './kube/client/types.ts';
import { Reflector, type ReflectorSink } from './kube/watch/reflector.ts';
import { syncCheck } from './kube/watch/sync-check.ts';
import type { HealthCheck } from './observability/health.ts';
import type { Logger } from './observability/logging.ts';

export interface WatchesOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly namespaces: ReflectorSink<KubeObject>;
  readonly plugins: ReflectorSink<LuaPlugin>;
  readonly pods: ReflectorSink<KubeObject>;
  /** Which Pods are watched at all. */
  readonly config: Pick<OperatorConfig, 'nodeName' | 'skipFinishedPods'>;
}

/** With one instance a node, the lists of all of them are spread over so many milliseconds. */
const spread = { firstMs: 3_000, goneMs: 5_000 };

/** What the operator lists and watches for as long as it runs. */
export class Watches {
  readonly namespaces: Reflector<KubeObject>;
  readonly plugins: Reflector<LuaPlugin>;
  readonly pods: Reflector<KubeObject>;
  /** For /readyz. */
  readonly checks: readonly HealthCheck[];

  constructor({ client, logger, namespaces, plugins, pods, config }: WatchesOptions) {
    const { group, version, plural } = luaPluginResource;
    // With one instance a node, what one does a thousand do.
    const fromCache = config.nodeName !== undefined;
    const common = { client, logger, ...(fromCache ? { spread } : {}) };
    this.namespaces = new Reflector({
      ...common,
      path: '/api/v1/namespaces',
      what: 'Namespaces',
      metadataOnly: true,
      fromCache,
      sink: namespaces,
    });
    this.plugins = new Reflector({
      ...common,
      path: `/apis/${group}/${version}/${plural}`,
      what: 'LuaPlugins',
      // Each may have 1.5 MB, and a page has to fit into one text. Never from the cache: of an older state the wrong
      // revision could serve.
      pageSize: 50,
      sink: plugins,
    });
    this.pods = new Reflector({
      ...common,
      // The first one comes after the others, and so is spread already.
      ...(fromCache ? { spread: { ...spread, firstMs: 0 } } : {}),
      path: '/api/v1/pods',
      what: 'Pods',
      query: { fieldSelector: podSelector(config) },
      metadataOnly: true,
      fromCache,
      sink: pods,
    });
    this.checks = [
      syncCheck('namespaces', this.namespaces),
      syncCheck('luaplugins', this.plugins),
      syncCheck('pods', this.pods),
    ];
  }
}

/** A field selector; undefined: all Pods. */
function podSelector({ nodeName, skipFinishedPods }: WatchesOptions['config']): string | undefined {
  const terms = [
    ...(nodeName === undefined ? [] : [`spec.nodeName=${nodeName}`]),
    ...(skipFinishedPods ? ['status.phase!=Succeeded', 'status.phase!=Failed'] : []),
  ];
  return terms.length === 0 ? undefined : terms.join();
}
