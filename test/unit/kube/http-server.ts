import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PooledKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';

/** One call as the server sees it. */
export interface SeenCall {
  readonly method: string;
  readonly path: string;
  /** Parsed; undefined without one. */
  readonly body: unknown;
  readonly at: number;
}

/** Answers a call, now or later. */
export type Answer = (call: SeenCall, response: ServerResponse, request: IncomingMessage) => void;

/** A server that does what a test says. */
export class HttpServer {
  answer: Answer = (_call, response) => response.end('{}');
  /** In order of arrival. */
  readonly calls: SeenCall[] = [];
  /** How many connections were ever opened. */
  connections = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        const { method = '', url: path = '' } = request;
        const call = { method, path, body, at: performance.now() };
        this.calls.push(call);
        this.answer(call, response, request);
      });
    });
    this.#server.on('connection', () => this.connections++);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The operator's own way to it, with its pools. */
  kubeConfig(): PooledKubeConfig {
    const config = new PooledKubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'test', server: this.url, skipTLSVerify: true }],
      users: [{ name: 'test', token: 'secret' }],
      contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
      currentContext: 'test',
    });
    return config;
  }
}

/** Answers with that code and, as the API server does under overload, no Status. */
export function refuseAll(seconds: number): Answer {
  return (_call, response) => {
    response.writeHead(429, { 'retry-after': String(seconds) });
    response.end('Too many requests, please try again later.');
  };
}
