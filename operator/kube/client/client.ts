import type { Dispatcher } from 'undici';
import type { Pool } from './agents.ts';
import { mayBeAggregated } from './aggregated.ts';
import { checkingBeforeSend } from './before-send.ts';
import type { Connection, ConnectionSource } from './connection.ts';
import { Deadline, DeadlineError } from './deadline.ts';
import {
  ApiError,
  ConnectionError,
  describeError,
  HeldBackError,
  KubeConfigError,
  NotLeaderError,
  NotNeededError,
} from './errors.ts';
import { type Send, ServerGate } from './server-gate.ts';
import { apiErrorFrom } from './status.ts';
import { warningsIn } from './warnings.ts';

/** Under this name the API server notes in managedFields what this program wrote: the user agent up to its slash. */
export const fieldManager = 'lua-plugin-operator';

/** One object as metadata only: a GET or PATCH of one object, and the events of a watch. */
export const metadataAccept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
/** A list as metadata only. */
export const metadataListAccept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/** RFC 7386: objects are merged, lists replaced, null removes. */
export const mergePatch = 'application/merge-patch+json';
/** RFC 6902: a list of operations. */
export const jsonPatch = 'application/json-patch+json';
/** Kubernetes' own: lists are merged by key; built-in types only. */
export const strategicMergePatch = 'application/strategic-merge-patch+json';
/** Server-side apply. The media type is YAML; JSON is YAML. */
export const applyPatch = 'application/apply-patch+yaml';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the server's root, segments already escaped: `/api/v1/pods`. */
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The body's media type; `application/json` by default. */
  readonly contentType?: string | undefined;
  /** `application/json` by default. */
  readonly accept?: string | undefined;
  /** More headers; those of the connection and of the fields above win. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from now for the whole call, for a stream until it begins; 30,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** Whose connections it uses and waits for; those of `calls` by default. A stream has the watches'. */
  readonly pool?: 'podWrites' | 'election' | undefined;
  /**
   * Called when the call is about to be sent, perhaps long after it was made: it may have waited for a connection.
   * A NotLeaderError or NotNeededError that it throws fails the call unsent.
   */
  readonly beforeSend?: (() => void) | undefined;
}

/** The API server, as everything in the operator talks to it. */
export interface KubeClient {
  /**
   * Sends one call and returns the parsed JSON body.
   * @throws ApiError for any status but 2xx, ConnectionError for no usable answer, HeldBackError when the server wants
   * to be left alone for longer than the call may take, the signal's reason on abort, what beforeSend throws.
   */
  request<T>(request: KubeRequest): Promise<T>;
  /**
   * Sends one call and returns the body's bytes as they come. Errors as with request, also while reading. Only
   * the signal ends a read that waits.
   */
  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>>;
  /** Ends the connections; calls under way may finish, streams are cut. */
  close(): Promise<void>;
}

export interface PooledKubeClientOptions {
  readonly kubeConfig: ConnectionSource;
  /** This program's version, for the user agent. */
  readonly version: string;
  /** Told of every call's end: the HTTP code as text, or `<error>` when no answer came. */
  readonly observe?: (method: string, code: string) => void;
  /** Told of every request's end, all waits and tries included; not of streams. */
  readonly observeDuration?: (method: string, seconds: number) => void;
  /** Told of each warning in an answer, from admission for instance; by default they are passed over. */
  readonly onWarning?: (text: string) => void;
}

const defaultTimeoutMs = 30_000;

/** KubeClient on undici's keep-alive pools, with a deadline on every call. */
export class PooledKubeClient implements KubeClient {
  readonly #source: ConnectionSource;
  readonly #userAgent: string;
  readonly #observe: (method: string, code: string) => void;
  readonly #observeDuration: (method: string, seconds: number) => void;
  readonly #onWarning: (text: string) => void;
  readonly #gate = new ServerGate();

  constructor(options: PooledKubeClientOptions) {
    const { kubeConfig, version, observe, observeDuration, onWarning } = options;
    this.#source = kubeConfig;
    this.#userAgent = `${fieldManager}/${version}`;
    this.#observe = observe ?? (() => {});
    this.#observeDuration = observeDuration ?? (() => {});
    this.#onWarning = onWarning ?? (() => {});
  }

  async request<T>(request: KubeRequest): Promise<T> {
    const begun = performance.now();
    const deadline = new Deadline(request.timeoutMs ?? defaultTimeoutMs, request.signal);
    try {
      const { body } = await this.#send(request, request.pool ?? 'calls', deadline);
      return parseBody<T>(await body.text(), request);
    } catch (error) {
      throw this.#explain(error, request, deadline);
    } finally {
      deadline.dispose();
      this.#observeDuration(request.method, (performance.now() - begun) / 1000);
    }
  }

  async stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    const deadline = new Deadline(request.timeoutMs ?? defaultTimeoutMs, request.signal);
    try {
      const { body } = await this.#send(request, 'watches', deadline);
      deadline.lift();
      return this.#read(body, request, deadline);
    } catch (error) {
      deadline.dispose();
      throw this.#explain(error, request, deadline);
    }
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  async *#read(
    body: AsyncIterable<Uint8Array>,
    request: KubeRequest,
    deadline: Deadline,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw this.#explain(error, request, deadline);
    } finally {
      deadline.dispose();
    }
  }

  /** Sends the call, once more when the server refused credentials that have newer ones by now. */
  async #send(request: KubeRequest, pool: Pool, deadline: Deadline): Promise<Dispatcher.ResponseData> {
    const connection = await deadline.race(this.#source.connection());
    try {
      return await this.#pass(request, connection, pool, deadline);
    } catch (refusal) {
      if (!(refusal instanceof ApiError) || refusal.status !== 401) throw refusal;
      this.#source.refused(connection);
      const renewed = await deadline.race(this.#source.connection());
      if (sameCredentials(renewed, connection)) throw refusal;
      return await this.#pass(request, renewed, pool, deadline);
    }
  }

  /** Sends the call through the gate. */
  #pass(
    request: KubeRequest,
    connection: Connection,
    pool: Pool,
    deadline: Deadline,
  ): Promise<Dispatcher.ResponseData> {
    const send: Send<Dispatcher.ResponseData> = async (check) => {
      const response = await this.#dispatch(request, connection, pool, deadline, check);
      if (response.statusCode < 300) return response;
      throw apiErrorFrom(response.statusCode, response.headers, await response.body.text());
    };
    // An election's few calls can't be part of a storm, API servers serve them before the rest (the priority level
    // leader-election), and a leader that waits with them stops leading, and hands the storm to the next.
    return pool === 'election'
      ? send(() => {})
      : this.#gate.run(pool, deadline, send, mayBeAggregated(request.path));
  }

  async #dispatch(
    request: KubeRequest,
    connection: Connection,
    pool: Pool,
    deadline: Deadline,
    check: () => void,
  ): Promise<Dispatcher.ResponseData> {
    const headers: Record<string, string> = {
      ...request.headers,
      ...connection.headers,
      'user-agent': this.#userAgent,
      accept: request.accept ?? 'application/json',
    };
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    const { origin, prefix } = splitServer(this.#source.server);
    const { signal } = deadline;
    deadline.awaited = 'free connection';
    let code: string | undefined = '<error>';
    const dispatcher = checkingBeforeSend(connection[pool], () => {
      // What these refuse to send is no call.
      code = undefined;
      check();
      deadline.checkTime();
      request.beforeSend?.();
      code = '<error>';
      deadline.awaited = 'answer';
    });
    try {
      const response = await dispatcher.request({
        origin,
        path: prefix + request.path + queryString(request.query),
        method: request.method,
        headers,
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
      });
      code = String(response.statusCode);
      for (const text of warningsIn(response.headers.warning)) this.#onWarning(text);
      return response;
    } catch (error) {
      const { reason } = signal;
      if (reason instanceof DeadlineError && reason.awaited === 'answer') {
        this.#source.stalled(connection, pool);
      }
      throw error;
    } finally {
      if (code !== undefined) this.#observe(request.method, code);
    }
  }

  /** What a failed call throws: the caller's own reason, an error of ours, or a ConnectionError around it. */
  #explain(error: unknown, request: KubeRequest, deadline: Deadline): unknown {
    if (request.signal?.aborted) return request.signal.reason;
    if (isOurs(error)) return error;
    const reason: unknown = deadline.signal.aborted ? deadline.signal.reason : error;
    const code = reason instanceof DeadlineError ? 'REQUEST_TIMEOUT' : undefined;
    return new ConnectionError(
      `${request.method} ${this.#source.server}${request.path}: ${describeError(reason)}`,
      code ? { cause: reason, code } : { cause: reason },
    );
  }
}

/** Says all that its reader needs to know. */
function isOurs(error: unknown): boolean {
  return [ApiError, ConnectionError, HeldBackError, KubeConfigError, NotLeaderError, NotNeededError].some(
    (type) => error instanceof type,
  );
}

function sameCredentials(a: Connection, b: Connection): boolean {
  return a.headers.authorization === b.headers.authorization && a.calls === b.calls;
}

/** A server may sit under a path (Rancher and other proxies), which undici's origin may not hold. */
function splitServer(server: string): { origin: string; prefix: string } {
  const slash = server.indexOf('/', server.indexOf('://') + 3);
  return slash < 0
    ? { origin: server, prefix: '' }
    : { origin: server.slice(0, slash), prefix: server.slice(slash).replace(/\/+$/, '') };
}

function queryString(query: KubeRequest['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

/** An answer that is no JSON came from something in between, or was cut off: it is no answer. */
function parseBody<T>(text: string, { method, path }: KubeRequest): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const start = JSON.stringify(text.slice(0, 80));
    throw new ConnectionError(`${method} ${path}: the answer is not JSON: ${start}`, {
      cause,
      code: 'BAD_ANSWER',
    });
  }
}
