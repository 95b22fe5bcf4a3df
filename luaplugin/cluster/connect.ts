import type { KubeClient, KubeRequest } from '../../operator/kube/client/client.ts';
import { version } from '../../operator/process/version.ts';
import { explainClusterError } from './explain-error.ts';
import type { ClusterOptions } from './options.ts';

/** The cluster that a command works on. */
export interface Cluster {
  readonly client: KubeClient;
  /** Of the kubeconfig's context. */
  readonly namespace: string;
}

/** Under this name the API server notes in managedFields what the program wrote. */
const fieldManager = 'luaplugin';

/**
 * Lends a connection to the cluster of the kubeconfig to a command, and ends it.
 * @param onWarning told of what the API server takes, but advises against
 * @throws CommandError for all that kubeconfig, network and API server can have against it
 */
export async function withCluster<T>(
  { kubeconfig, context, requestTimeout }: ClusterOptions,
  use: (cluster: Cluster) => Promise<T>,
  onWarning: (text: string) => void = () => {},
): Promise<T> {
  // Half a second to load: only here, so that the commands without a cluster do without.
  const [{ loadKubeConfig }, { PooledKubeClient }] = await Promise.all([
    import('../../operator/kube/client/kubeconfig.ts'),
    import('../../operator/kube/client/client.ts'),
  ]);
  const where = { server: '', context: context ?? '' };
  let pooled: KubeClient | undefined;
  try {
    const kubeConfig = loadKubeConfig({ path: kubeconfig, context });
    where.server = kubeConfig.server;
    where.context = kubeConfig.currentContext;
    pooled = new PooledKubeClient({ kubeConfig, version, onWarning });
    return await use({
      client: asProgram(pooled, requestTimeout),
      namespace: kubeConfig.namespace ?? 'default',
    });
  } catch (error) {
    throw explainClusterError(error, where);
  } finally {
    await pooled?.close();
  }
}

/** The same client, with the user's own patience, and signing what it writes. */
function asProgram(client: KubeClient, timeoutMs: number | undefined): KubeClient {
  const complete = (request: KubeRequest): KubeRequest => {
    const writes = ['POST', 'PUT', 'PATCH'].includes(request.method);
    return {
      ...request,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(writes ? { query: { ...request.query, fieldManager } } : {}),
    };
  };
  return {
    request: (request) => client.request(complete(request)),
    stream: (request) => client.stream(complete(request)),
    close: () => client.close(),
  };
}
