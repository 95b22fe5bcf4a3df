import type { DispatcherOptions } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';

/**
 * The pools of connections of one set of TLS credentials. A call waits for a free connection of its own pool, and for
 * nothing in another: thousands of Pods' writes at a slow server take nobody else's turn.
 */
export interface Agents {
  /** Calls that end soon. */
  readonly calls: Dispatcher;
  /** Writes to Pods, the only calls that come by the thousand. */
  readonly podWrites: Dispatcher;
  /** The Lease that says who leads: late is lost. */
  readonly election: Dispatcher;
  /** Watches, which may be silent for minutes. */
  readonly watches: Dispatcher;
}

/** Which pool's connections a call uses. */
export type Pool = keyof Agents;

/** So many writes to Pods are sent at a time at the most. */
export const podWriteConnections = 16;

/**
 * The most connections of each; null is no limit. Measured with PATCHes: 8 to 16 HTTP/1.1 connections are the
 * fastest, one HTTP/2 connection is a fifth slower, and more connections only cost memory. An election makes one call
 * at a time, and one more when a term ends while a call is under way.
 */
const maxConnections: Readonly<Record<Pool, number | null>> = {
  calls: 16,
  podWrites: podWriteConnections,
  election: 2,
  watches: null,
};
const connectTimeoutMs = 10_000;
/** The API server keeps an idle connection for 90 s; below that, the client is the one to end it. */
const idleConnectionMs = 60_000;

/** Opens all pools; see openPool. */
export function createAgents(options: DispatcherOptions): Agents {
  return {
    calls: openPool('calls', options),
    podWrites: openPool('podWrites', options),
    election: openPool('election', options),
    watches: openPool('watches', options),
  };
}

/**
 * Opens a pool (no connection is made yet).
 * @param options what client-node makes of the kubeconfig.
 * @throws Error when the kubeconfig names a kind of proxy that is not supported.
 */
export function openPool(pool: Pool, options: DispatcherOptions): Dispatcher {
  const shared = {
    connections: maxConnections[pool],
    allowH2: false,
    connectTimeout: connectTimeoutMs,
    keepAliveTimeout: idleConnectionMs,
    keepAliveMaxTimeout: idleConnectionMs,
    // The client sets a deadline of its own on each call, and the reflector watches over silence.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  switch (options.type) {
    case 'proxy':
      return new ProxyAgent({
        ...shared,
        uri: options.uri,
        requestTls: connectorOptions(options.requestTls),
        connect: connectorOptions(options.connect),
      });
    case 'socks':
      throw new Error('SOCKS proxies (proxy-url) are not supported; use an HTTP proxy');
    case 'agent':
      return new Agent({ ...shared, connect: connectorOptions(options.connect) });
    case 'none':
      return new Agent(shared);
  }
}

/** The same options without the keys that hold undefined, which undici's types do not allow. */
function connectorOptions(options: object): buildConnector.BuildOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
