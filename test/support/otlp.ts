import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { eventually } from './eventually.ts';

/** What OTLP carries. */
export type Signal = 'traces' | 'metrics' | 'logs';
/** A resource's attributes, those that are strings. */
export type Attributes = Readonly<Record<string, string>>;

/** What stands for a backend: it takes OTLP over HTTP, as JSON without compression. */
export interface OtlpBackend {
  readonly url: string;
  /**
   * Sends one span, metric or log record to a collector that exports to this backend.
   * @param attributes of its resource
   * @returns those it arrives here with
   */
  pass(collector: string, signal: Signal, attributes: Attributes): Promise<Attributes>;
  stop(): Promise<void>;
}

/** The attribute by which one message is known again. */
const idKey = 'test.id';

/** Starts a backend on a free port of 127.0.0.1. */
export async function startOtlpBackend(): Promise<OtlpBackend> {
  const received = new Map<string, Attributes>();
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Message;
    for (const { resource } of Object.values(body).flat()) {
      const attributes = Object.fromEntries(
        resource.attributes.map(({ key, value }) => [key, value.stringValue]),
      );
      received.set(attributes[idKey] ?? '', attributes);
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the backend has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    pass: async (collector, signal, attributes) => {
      const id = randomUUID();
      const all = Object.entries({ ...attributes, [idKey]: id });
      const resource = { attributes: all.map(([key, stringValue]) => ({ key, value: { stringValue } })) };
      const answer = await fetch(`${collector}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(messages[signal](resource)),
      });
      if (!answer.ok) throw new Error(`the collector says ${answer.status}: ${await answer.text()}`);
      const { [idKey]: _id, ...arrived } = await eventually(`${signal} to arrive`, () => received.get(id));
      return arrived;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** One message of each signal, as https://opentelemetry.io/docs/specs/otlp/ has it in JSON. */
const messages: Readonly<Record<Signal, (resource: Resource) => object>> = {
  traces: (resource) => {
    const times = { startTimeUnixNano: now(), endTimeUnixNano: now() };
    const span = { traceId: hex(32), spanId: hex(16), name: 'GET /', kind: 2, ...times };
    return { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
  },
  metrics: (resource) => {
    const gauge = { dataPoints: [{ timeUnixNano: now(), asInt: '1' }] };
    return {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'queue.length', gauge }] }] }],
    };
  },
  logs: (resource) => {
    const record = { timeUnixNano: now(), body: { stringValue: 'hello' } };
    return { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] };
  },
};

function now(): string {
  return `${Date.now()}000000`;
}

function hex(digits: number): string {
  return randomUUID().replaceAll('-', '').slice(0, digits);
}

interface Resource {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
}

/** By its one key: resourceSpans, resourceMetrics or resourceLogs. */
type Message = Readonly<Record<string, readonly { readonly resource: Resource }[]>>;
