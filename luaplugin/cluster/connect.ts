import { luaPluginResource } from '../../operator/api/generated.ts';
import type { KubeClient, KubeRequest } from '../../operator/kube/client/client.ts';
import {
  ApiError,
  ConnectionError,
  describeError,
  isRetryable,
  KubeConfigError,
} from '../../operator/kube/client/errors.ts';
import { version } from '../../operator/process/version.ts';
import { writeLine } from '../output/printable.ts';
import { CommandError, exitCodes } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import type { ClusterOptions } from '../program/options.ts';

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
    const client = asProgram(pooled, requestTimeout);
    return await use({ client, namespace: kubeConfig.namespace ?? 'default' });
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

/** Shows what the API server advises against, as kubectl does. @param inWords turns it into the user's words */
export function showWarnings(io: Io, inWords = (text: string) => text): (text: string) => void {
  return (text) => writeLine(io.stderr, `Warning: ${inWords(text)}`);
}

/** What a user has to look at when the cluster can't be had; the context is the kubeconfig's. */
type Where = Readonly<Record<'server' | 'context', string>>;

/** Turns what kubeconfig, network or API server have against a call into one line that says what to do. */
function explainClusterError(error: unknown, where: Where): unknown {
  const cause = { cause: error };
  if (error instanceof KubeConfigError) return new CommandError(error.message, cause, exitCodes.usage);
  if (error instanceof ConnectionError) return new CommandError(explainConnection(error, where), cause);
  if (error instanceof ApiError) return new CommandError(explainRefusal(error, where), cause);
  return error;
}

function explainConnection(error: ConnectionError, { server, context }: Where): string {
  const why = error.cause === undefined ? error.message : describeError(error.cause);
  const cluster = `the cluster at ${server} (context "${context}")`;
  if (error.code === 'REQUEST_TIMEOUT') {
    return `${cluster} gave ${why}; check that it runs, or wait longer with --request-timeout`;
  }
  if (error.code === 'BAD_ANSWER') return `${cluster} gives strange answers: ${error.message}`;
  if (isRetryable(error)) {
    return `can't reach ${cluster}: ${why}; check that it runs and that this is the right context`;
  }
  return `can't talk to ${cluster}: ${why}; check the server and its certificates in the kubeconfig`;
}

function explainRefusal(error: ApiError, { context }: Where): string {
  const { status, message } = error;
  if (status === 401) {
    return `the cluster does not accept the credentials of context "${context}"; log in again, or choose another with --context`;
  }
  // A webhook may say no with this code, too; its own words are all there is to say.
  if (status === 403 && !message.includes('denied the request')) {
    return `${message}; ask the cluster's administrator for this right ("kubectl auth can-i --list" shows yours)`;
  }
  if (status === 404 && !error.isStatus) {
    return `the cluster does not know ${luaPluginResource.kind}; install the operator (luaplugin install), or choose another cluster with --context`;
  }
  return message;
}
