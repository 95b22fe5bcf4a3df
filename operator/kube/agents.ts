import type { DispatcherOptions } from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';

/**
 * Connections for calls. Measured with PATCHes: 8 to 16 HTTP/1.1 connections are the fastest, one HTTP/2
 * connection is a fifth slower, and more connections only cost memory.
 */
const maxCallConnections = 16;
const connectTimeoutMs = 10_000;
/** The API server keeps an idle connection for 90 s; below that, the client is the one to end it. */
const idleConnectionMs = 60_000;

/** The two pools of one set of TLS credentials. */
export interface Agents {
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/**
 * Opens the pools (no connection is made yet).
 * @param options what client-node makes of the kubeconfig.
 * @throws Error when the kubeconfig names a kind of proxy that is not supported.
 */
export function createAgents(options: DispatcherOptions): Agents {
  const shared = {
    allowH2: false,
    connectTimeout: connectTimeoutMs,
    keepAliveTimeout: idleConnectionMs,
    keepAliveMaxTimeout: idleConnectionMs,
    // The client sets a deadline of its own on each call, and the reflector watches over silence.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const open = (connections: number | null): Dispatcher => {
    switch (options.type) {
      case 'proxy':
        return new ProxyAgent({
          ...shared,
          connections,
          uri: options.uri,
          requestTls: connectorOptions(options.requestTls),
          connect: connectorOptions(options.connect),
        });
      case 'socks':
        throw new Error('SOCKS proxies (proxy-url) are not supported; use an HTTP proxy');
      case 'agent':
        return new Agent({ ...shared, connections, connect: connectorOptions(options.connect) });
      case 'none':
        return new Agent({ ...shared, connections });
    }
  };
  return { calls: open(maxCallConnections), watches: open(null) };
}

/** The same options without the keys that hold undefined, which undici's types do not allow. */
function connectorOptions(options: object): buildConnector.BuildOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
