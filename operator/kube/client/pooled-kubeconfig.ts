import { createHash } from 'node:crypto';
import type { AgentOptions, RequestOptions } from 'node:https';
import { type DispatcherOptions, KubeConfig, type RequestContext } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { type Clock, systemClock } from '../../time/clock.ts';
import { type Agents, createAgents, openPool, type Pool } from './agents.ts';
import type { Connection, ConnectionSource } from './connection.ts';
import { describeError, KubeConfigError } from './errors.ts';

/** How long credentials are used before their files are looked at again; client-node reads tokens each minute. */
const credentialsMs = 10_000;
/**
 * A pool so young, in milliseconds, is not replaced because a call in it got no answer: at a server that is slow for
 * all, each new pool would only mean new connections.
 */
const youngPoolMs = 10_000;

/**
 * A KubeConfig that keeps its connections. client-node makes a pool for each call, so each call is a TLS
 * handshake; here typed calls, our own client and watches share a few pools, made anew only when certificates
 * change. Service account tokens, exec plugins and client certificates are client-node's work.
 */
export class PooledKubeConfig extends KubeConfig implements ConnectionSource {
  readonly #clock: Clock;
  #credentials: KubeConfig | undefined;
  #current: Credentials | undefined;
  #agents: OpenAgents | undefined;

  constructor(clock: Clock = systemClock) {
    super();
    this.#clock = clock;
  }

  get server(): string {
    const cluster = this.getCurrentCluster();
    if (!cluster) throw new KubeConfigError('the kubeconfig has no current cluster');
    return cluster.server.replace(/\/+$/, '');
  }

  /** The namespace of the current context (in a cluster: the Pod's own), if it names one. */
  get namespace(): string | undefined {
    return this.getContextObject(this.currentContext)?.namespace?.trim() || undefined;
  }

  /** Headers and pools for the next call. @throws KubeConfigError when there are no credentials to be had */
  connection(): Promise<Connection> {
    const now = this.#clock.now();
    if (this.#current === undefined || this.#current.until <= now) {
      const entry: Credentials = {
        connection: this.#connect(),
        until: now + credentialsMs,
        settled: undefined,
      };
      this.#current = entry;
      entry.connection.then(
        (connection) => {
          entry.settled = connection;
        },
        () => {
          // A failure is told to all who waited for it, and to nobody after.
          if (this.#current === entry) this.#current = undefined;
        },
      );
    }
    return this.#current.connection;
  }

  refused(connection: Connection): void {
    // Of many calls that were refused together, the first has done this already.
    if (this.#current?.settled !== connection) return;
    this.#current = undefined;
    this.#credentials = undefined;
  }

  stalled(connection: Connection, pool: Pool): void {
    const open = this.#agents;
    const old = connection[pool];
    // Of many calls that got no answer, the first has done this already.
    if (open?.agents[pool] !== old) return;
    const now = this.#clock.now();
    if (now - open.openedAt[pool] < youngPoolMs) return;
    const agents = { ...open.agents, [pool]: openPool(pool, open.options) };
    this.#agents = { ...open, agents, openedAt: { ...open.openedAt, [pool]: now } };
    this.#current = undefined;
    closeQuietly(old);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    const { headers, calls } = await this.connection();
    for (const [name, value] of Object.entries(headers)) context.setHeaderParam(name, value);
    context.setDispatcher(calls);
  }

  async close(): Promise<void> {
    const agents = this.#agents?.agents;
    this.#agents = undefined;
    this.#current = undefined;
    if (agents === undefined) return;
    const { watches, ...others } = agents;
    await Promise.all([watches.destroy(), ...Object.values(others).map((pool) => pool.close())]);
  }

  async #connect(): Promise<Connection> {
    const options: RequestOptions = {};
    try {
      await this.#source().applyToHTTPSOptions(options);
      return { headers: authenticationHeaders(options), ...this.#agentsFor(options) };
    } catch (error) {
      const user = this.getCurrentUser()?.name ?? 'no user';
      throw new KubeConfigError(`no credentials for ${this.server} (${user}): ${describeError(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Where the credentials are read: a plain copy, so that dropping it drops every cache inside client-node's
   * authenticators (an exec plugin's token without an expiry is kept for ever there).
   */
  #source(): KubeConfig {
    if (this.#credentials === undefined) {
      this.#credentials = new KubeConfig();
      this.#credentials.loadFromOptions({
        clusters: this.clusters,
        users: this.users,
        contexts: this.contexts,
        currentContext: this.currentContext,
      });
    }
    return this.#credentials;
  }

  #agentsFor(options: RequestOptions): Agents {
    const tls = tlsOptions(options);
    const fingerprint = createHash('sha256').update(JSON.stringify(tls)).digest('hex');
    const old = this.#agents;
    if (old?.fingerprint === fingerprint) return old.agents;
    const dispatcherOptions = this.createDispatcherOptions(this.getCurrentCluster(), tls);
    const agents = createAgents(dispatcherOptions);
    const now = this.#clock.now();
    const openedAt = { calls: now, podWrites: now, election: now, watches: now };
    this.#agents = { agents, options: dispatcherOptions, fingerprint, openedAt };
    // Calls and watches under way end in their own time.
    if (old) closeQuietly(...Object.values(old.agents));
    return agents;
  }
}

interface OpenAgents {
  readonly agents: Agents;
  /** Of what they were made. */
  readonly options: DispatcherOptions;
  readonly fingerprint: string;
  readonly openedAt: Readonly<Record<Pool, number>>;
}

/** Credentials as they were read, and until when they are taken for granted. */
interface Credentials {
  readonly connection: Promise<Connection>;
  readonly until: number;
  settled: Connection | undefined;
}

const tlsOptionNames = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'rejectUnauthorized',
  'servername',
] as const;

function tlsOptions(options: RequestOptions): AgentOptions {
  return Object.fromEntries(
    tlsOptionNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

function closeQuietly(...dispatchers: Dispatcher[]): void {
  for (const dispatcher of dispatchers) void dispatcher.close().catch(() => {});
}

function authenticationHeaders(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file may end with a line break, which no header may hold.
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (options.auth) headers.authorization ??= `Basic ${Buffer.from(options.auth).toString('base64')}`;
  return headers;
}
