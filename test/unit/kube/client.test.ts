import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import { type Agents, createAgents } from '../../../operator/kube/client/agents.ts';
import { mergePatch, PooledKubeClient } from '../../../operator/kube/client/client.ts';
import type { Connection, ConnectionSource } from '../../../operator/kube/client/connection.ts';
import {
  ApiError,
  ConnectionError,
  isRetryable,
  NotLeaderError,
} from '../../../operator/kube/client/errors.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Credentials of a test: a new token each time the server refuses the last one. */
class Tokens implements ConnectionSource {
  server = '';
  refusals = 0;
  stalls = 0;
  rotates = true;
  readonly #agents: Agents;
  #connection: Connection;

  constructor() {
    this.#agents = createAgents({ type: 'none' });
    this.#connection = this.#make();
  }

  async connection(): Promise<Connection> {
    return this.#connection;
  }

  refused(): void {
    this.refusals++;
    if (this.rotates) this.#connection = this.#make();
  }

  stalled(): void {
    this.stalls++;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#agents).map((pool) => pool.destroy()));
  }

  #make(): Connection {
    return { headers: { authorization: `Bearer token-${this.refusals}` }, ...this.#agents };
  }
}

describe('PooledKubeClient', () => {
  let server: Server;
  let handler: Handler;
  let sockets: Set<Socket>;
  let source: Tokens;
  let client: PooledKubeClient;
  let observed: string[];
  let durations: string[];
  let warnings: string[];

  beforeEach(async () => {
    sockets = new Set();
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => handler(request, response, body));
    });
    server.on('connection', (socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    source = new Tokens();
    source.server = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    observed = [];
    durations = [];
    warnings = [];
    client = new PooledKubeClient({
      kubeConfig: source,
      version: '1.2.3',
      observe: (method, code) => observed.push(`${method} ${code}`),
      observeDuration: (method, seconds) => durations.push(`${method} ${seconds < 60}`),
      onWarning: (text) => warnings.push(text),
    });
  });

  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('tells of the warnings in an answer', async () => {
    handler = (_request, response) => {
      response.setHeader('Warning', ['299 - "old"', '299 - "odd"']);
      response.end('{}');
    };
    await client.request({ method: 'GET', path: '/' });
    expect(warnings).to.deep.equal(['old', 'odd']);
  });

  const failure = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('sends method, path, query, headers and body, and returns the parsed answer', async () => {
    let seen: unknown;
    handler = ({ method, url, headers }, response, body) => {
      const { accept, authorization, 'user-agent': agent, 'content-type': type } = headers;
      seen = { method, url, accept, authorization, agent, type, body };
      response.end('{"kind":"Pod"}');
    };
    const answer = await client.request({
      method: 'PATCH',
      path: '/api/v1/namespaces/a/pods/b',
      query: { fieldManager: 'me & you', dryRun: undefined },
      body: { metadata: {} },
      contentType: mergePatch,
      accept: 'application/json;as=X',
    });
    expect(answer).to.deep.equal({ kind: 'Pod' });
    expect(seen).to.deep.equal({
      method: 'PATCH',
      url: '/api/v1/namespaces/a/pods/b?fieldManager=me+%26+you',
      accept: 'application/json;as=X',
      authorization: 'Bearer token-0',
      agent: 'lua-plugin-operator/1.2.3',
      type: mergePatch,
      body: '{"metadata":{}}',
    });
    expect(observed).to.deep.equal(['PATCH 200']);
  });

  it('keeps the path that a server sits under', async () => {
    let url: string | undefined;
    handler = (request, response) => {
      url = request.url;
      response.end('{}');
    };
    source.server += '/k8s/clusters/c-1';
    await client.request({ method: 'GET', path: '/version' });
    expect(url).to.equal('/k8s/clusters/c-1/version');
  });

  it('shares at most 16 connections among any number of calls', async () => {
    handler = (_request, response) => setImmediate(() => response.end('{}'));
    const call = () => client.request({ method: 'GET', path: '/version' });
    await Promise.all(Array.from({ length: 200 }, call));
    await Promise.all(Array.from({ length: 200 }, call));
    expect(sockets.size).to.be.within(1, 16);
  });

  it('throws what the server refused, with the time it asks for', async () => {
    handler = (_request, response) => {
      response.writeHead(429, { 'retry-after': '2' });
      response.end(
        JSON.stringify({ kind: 'Status', code: 429, reason: 'TooManyRequests', message: 'later' }),
      );
    };
    const error = await failure(client.request({ method: 'GET', path: '/version' }));
    expect(error).to.be.instanceOf(ApiError);
    expect(error).to.include({
      status: 429,
      reason: 'TooManyRequests',
      message: 'later',
      retryAfterMs: 2_000,
    });
    expect(observed).to.deep.equal(['GET 429']);
  });

  it('gives up a call that is not answered in time, so that a half-open connection cannot hold it', async () => {
    handler = () => {};
    const error = await failure(client.request({ method: 'GET', path: '/version', timeoutMs: 30 }));
    expect(error).to.be.instanceOf(ConnectionError);
    expect(error).to.include({ code: 'REQUEST_TIMEOUT' });
    expect(isRetryable(error)).to.equal(true);
    expect(observed).to.deep.equal(['GET <error>']);
    expect(source.stalls).to.equal(1);
  });

  it('tells how long each request took, whatever came of it, and nothing of watches', async () => {
    handler = ({ url }, response) => {
      if (url === '/refused') response.writeHead(404);
      if (url !== '/silent') response.end('{}');
    };
    await client.request({ method: 'GET', path: '/' });
    await failure(client.request({ method: 'PUT', path: '/refused' }));
    await failure(client.request({ method: 'POST', path: '/silent', timeoutMs: 30 }));
    for await (const _ of await client.stream({ method: 'GET', path: '/' }));
    expect(durations).to.deep.equal(['GET true', 'PUT true', 'POST true']);
  });

  it('gives up a call whose answer stops half-way', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":');
    };
    const error = await failure(client.request({ method: 'GET', path: '/version', timeoutMs: 30 }));
    expect(error).to.include({ code: 'REQUEST_TIMEOUT' });
  });

  it('takes an answer that was cut off for a fault of the connection', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":', () => response.destroy());
    };
    const error = await failure(client.request({ method: 'GET', path: '/version' }));
    expect(error).to.be.instanceOf(ConnectionError);
    expect(isRetryable(error)).to.equal(true);
  });

  it('takes an answer that is no JSON for a fault of the connection', async () => {
    handler = (_request, response) => response.end('<html>sign in</html>');
    const error = await failure(client.request({ method: 'GET', path: '/version' }));
    expect(error).to.include({ code: 'BAD_ANSWER' });
  });

  it('says where it could not connect to', async () => {
    source.server = 'http://127.0.0.1:1';
    const error = await failure(client.request({ method: 'GET', path: '/version' }));
    expect(error).to.be.instanceOf(ConnectionError);
    expect(error).to.include({ code: 'ECONNREFUSED' });
    expect((error as Error).message).to.contain('http://127.0.0.1:1/version');
  });

  it("rejects with the signal's own reason", async () => {
    handler = () => stop.abort(reason);
    const stop = new AbortController();
    const reason = new Error('no longer wanted');
    expect(await failure(client.request({ method: 'GET', path: '/', signal: stop.signal }))).to.equal(reason);
    expect(await failure(client.request({ method: 'GET', path: '/', signal: stop.signal }))).to.equal(reason);
  });

  it('does not wait for credentials longer than for an answer', async () => {
    source.connection = () => new Promise(() => {});
    const error = await failure(client.request({ method: 'GET', path: '/version', timeoutMs: 30 }));
    expect(error).to.include({ code: 'REQUEST_TIMEOUT' });
  });

  it('asks when a call is about to be sent, which may be long after it was made', async () => {
    const waiting: ServerResponse[] = [];
    const { promise: allBusy, resolve } = Promise.withResolvers<void>();
    handler = (_request, response) => {
      waiting.push(response);
      if (waiting.length >= 16) resolve();
    };
    let leads = true;
    const beforeSend = () => {
      if (!leads) throw new NotLeaderError('another leads');
    };
    const call = () => failure(client.request({ method: 'PATCH', path: '/', body: {}, beforeSend }));
    const calls = Array.from({ length: 20 }, call);
    await allBusy;
    leads = false;
    for (const response of waiting) response.end('{}');
    const errors = (await Promise.all(calls)).filter((error) => error !== undefined);
    expect(errors).to.have.length(4);
    for (const error of errors) expect(error).to.be.instanceOf(NotLeaderError);
    expect(waiting, 'calls that the server saw').to.have.length(16);
    leads = true;
    handler = (_request, response) => response.end('{}');
    expect(await call(), 'the same connections go on').to.equal(undefined);
    expect(sockets.size).to.equal(16);
  });

  describe('when credentials are refused', () => {
    it('asks for new ones and sends the call once more', async () => {
      handler = ({ headers }, response, body) => {
        if (headers.authorization === 'Bearer token-0') response.writeHead(401);
        response.end(body);
      };
      const answer = await client.request({ method: 'POST', path: '/', body: { a: 1 } });
      expect(answer).to.deep.equal({ a: 1 });
      expect(observed).to.deep.equal(['POST 401', 'POST 200']);
    });

    it('fails when there are no newer ones', async () => {
      source.rotates = false;
      handler = (_request, response) => response.writeHead(401).end();
      const error = await failure(client.request({ method: 'GET', path: '/version' }));
      expect(error).to.include({ status: 401, reason: 'Unauthorized' });
      expect(observed).to.deep.equal(['GET 401']);
    });
  });

  describe('stream', () => {
    it('gives bytes as they come, far apart too', async () => {
      let answer: ServerResponse | undefined;
      handler = (_request, response) => {
        answer = response;
        response.write('one');
      };
      const texts: string[] = [];
      for await (const chunk of await client.stream({ method: 'GET', path: '/', timeoutMs: 1_000 })) {
        texts.push(Buffer.from(chunk).toString());
        // Longer than the time limit, which is for the beginning only.
        if (texts.length === 1) setTimeout(() => answer?.end('two'), 1_100);
      }
      expect(texts).to.deep.equal(['one', 'two']);
    });

    it('throws a refusal instead of streaming it', async () => {
      handler = (_request, response) => response.writeHead(410).end('{"kind":"Status","reason":"Expired"}');
      const error = await failure(client.stream({ method: 'GET', path: '/' }));
      expect(error).to.include({ status: 410, reason: 'Expired' });
    });

    it('fails when the connection breaks', async () => {
      handler = (_request, response) => {
        response.write('one', () => response.destroy());
      };
      const read = async () => {
        for await (const _ of await client.stream({ method: 'GET', path: '/' }));
      };
      const error = await failure(read());
      expect(error).to.be.instanceOf(ConnectionError);
      expect(isRetryable(error)).to.equal(true);
    });

    it("ends a read that waits, with the signal's reason", async () => {
      handler = (_request, response) => response.write('one');
      const stop = new AbortController();
      const reason = new Error('silent');
      const read = async () => {
        const chunks = await client.stream({ method: 'GET', path: '/', signal: stop.signal });
        for await (const _ of chunks) stop.abort(reason);
      };
      expect(await failure(read())).to.equal(reason);
    });
  });
});
