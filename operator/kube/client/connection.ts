import type { Agents, Pool } from './agents.ts';

/** What a call needs to reach the API server as this user, valid now. */
export interface Connection extends Agents {
  /** Authorization and impersonation. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where connections come from: a kubeconfig, or a test's own server. */
export interface ConnectionSource {
  /** Scheme, host, port and perhaps a path prefix, without a slash at its end. */
  readonly server: string;
  /** The connection to use for the next call; credentials that rotated are read again. */
  connection(): Promise<Connection>;
  /** Told that the server did not accept these credentials (401), so that cached ones are dropped. */
  refused(connection: Connection): void;
  /**
   * Told that a call was sent and got no answer in time. Its connection may be half-open, and so may be those beside
   * it in its pool: later calls get new ones, instead of each finding that out by itself. Other pools stay.
   */
  stalled(connection: Connection, pool: Pool): void;
  /** Ends all connections. May be called twice. */
  close(): Promise<void>;
}
