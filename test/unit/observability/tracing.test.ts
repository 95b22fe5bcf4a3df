import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { TracedClient } from '../../../operator/kube/client/traced-client.ts';
import { tracedHandler } from '../../../operator/kube/queue/create-queue.ts';
import { RetryAfterError } from '../../../operator/kube/queue/reconcile-errors.ts';
import { OpenTelemetryTracing } from '../../../operator/observability/tracing/open-telemetry.ts';
import { spanReport } from '../../../operator/observability/tracing/start-tracing.ts';
import type { SpanReport } from '../../../operator/observability/tracing/tracer.ts';
import { FakeClient } from '../kube/fake-client.ts';

function setUp(
  options: { samplingRatePerMillion?: number; exporter?: SpanExporter; report?: SpanReport } = {},
) {
  const memory = new InMemorySpanExporter();
  const counts = { exported: 0, dropped: 0 };
  const tracing = new OpenTelemetryTracing({
    samplingRatePerMillion: options.samplingRatePerMillion ?? 1_000_000,
    version: '1.2.3',
    exporter: options.exporter ?? {
      // What is in memory is forgotten at the shutdown, which is the flush, too.
      export: (spans, done) => memory.export(spans, done),
      shutdown: async () => {},
    },
    report: options.report ?? {
      exported: (spans) => {
        counts.exported += spans;
      },
      dropped: (spans) => {
        counts.dropped += spans;
      },
    },
  });
  /** The spans by name, once all are there. */
  const spans = async () => {
    await tracing.stop();
    return new Map(memory.getFinishedSpans().map((span) => [span.name, span]));
  };
  return { tracing, spans, counts };
}

const root = { isRoot: true } as const;
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;

describe('a trace', () => {
  it('has the work that a piece of work gives rise to as its children', async () => {
    const { tracing, spans } = setUp();
    const answer = await tracing.span('outer', { ...root, attributes: { queue: 'pod' } }, async () => {
      await new Promise(setImmediate);
      return await tracing.span('inner', {}, async (span) => {
        span.set({ calls: 3 });
        return 42;
      });
    });
    expect(answer).to.equal(42);
    const all = await spans();
    const [outer, inner] = [all.get('outer'), all.get('inner')];
    expect(parentOf(outer)).to.equal(undefined);
    expect(parentOf(inner)).to.equal(idOf(outer));
    expect(outer?.attributes).to.deep.equal({ queue: 'pod' });
    expect(inner?.attributes).to.deep.equal({ calls: 3 });
    expect(outer?.resource.attributes).to.include({
      'service.name': 'lua-plugin-operator',
      'service.version': '1.2.3',
    });
  });

  it('is none where nothing was begun, or what was begun is over', async () => {
    const { tracing, spans } = setUp();
    let late: Promise<unknown> = Promise.resolve();
    expect(await tracing.span('alone', {}, async () => 1)).to.equal(1);
    await tracing.span('outer', root, async () => {
      late = new Promise((resolve) => setTimeout(resolve, 5)).then(() =>
        tracing.span('late', {}, async () => 2),
      );
    });
    expect(await late).to.equal(2);
    expect([...(await spans()).keys()]).to.deep.equal(['outer']);
    expect(tracing.active).to.equal(undefined);
  });

  it('begins anew for each reconciliation, also for one that another gives rise to', async () => {
    const { tracing, spans } = setUp();
    const { signal } = new AbortController();
    const inner = tracedHandler(
      tracing,
      'plugin',
      async () => {},
      () => ({}),
    );
    const outer = tracedHandler(
      tracing,
      'pod',
      () => inner('b', signal),
      (key) => ({ key }),
    );
    await outer('a', signal);
    const all = await spans();
    expect(all.get('reconcile pod')?.attributes).to.deep.equal({ key: 'a' });
    expect(all.has('reconcile plugin')).to.equal(true);
    expect(parentOf(all.get('reconcile plugin'))).to.equal(undefined);
  });

  it('holds what went wrong, and not what is how things go', async () => {
    const { tracing, spans } = setUp();
    const { signal } = new AbortController();
    for (const [queue, error] of [
      ['failed', new Error('down')],
      ['later', new RetryAfterError(5)],
      ['conflict', new ApiError(409)],
    ] as const) {
      const handler = tracedHandler(
        tracing,
        queue,
        () => Promise.reject(error),
        () => ({}),
      );
      expect(await handler('k', signal).catch((reason: unknown) => reason)).to.equal(error);
    }
    const all = await spans();
    const { status, events } = all.get('reconcile failed') ?? {};
    expect(status).to.deep.equal({ code: SpanStatusCode.ERROR, message: 'down' });
    expect(events?.[0]?.name).to.equal('exception');
    for (const name of ['reconcile later', 'reconcile conflict']) {
      expect(all.get(name)?.status.code, name).to.equal(SpanStatusCode.UNSET);
    }
  });

  it('is recorded as often as the config says', async () => {
    const { tracing, counts } = setUp({ samplingRatePerMillion: 250_000 });
    for (let index = 0; index < 2_000; index += 1) {
      await tracing.span('outer', root, () => tracing.span('inner', {}, async () => {}));
    }
    await tracing.stop();
    expect(counts.exported % 2, 'with all of its spans, or not at all').to.equal(0);
    // 20 standard deviations: it fails once in the life of a universe.
    expect(counts.exported / 2).to.be.within(110, 890);
  });
});

describe('a call to the API server in a trace', () => {
  const server = 'https://example.com/k8s/';
  const request = { method: 'PATCH', path: '/api/v1/namespaces/n/pods/p' } as const;

  it('is a span of a client, and carries the trace on', async () => {
    const { tracing, spans } = setUp();
    const fake = new FakeClient().answer({ kind: 'Pod' });
    const client = new TracedClient(fake, tracing, server);
    await tracing.span('outer', root, () => client.request({ ...request, headers: { a: 'b' } }));
    const span = (await spans()).get('PATCH');
    expect(span?.kind).to.equal(SpanKind.CLIENT);
    expect(span?.attributes).to.deep.equal({
      'http.request.method': 'PATCH',
      'url.full': 'https://example.com/k8s/api/v1/namespaces/n/pods/p',
      'server.address': 'example.com',
      'server.port': 443,
    });
    expect(fake.calls[0]?.headers).to.deep.equal({
      a: 'b',
      traceparent: `00-${span?.spanContext().traceId}-${idOf(span)}-01`,
    });
  });

  it('says why it failed', async () => {
    const { tracing, spans } = setUp();
    const client = new TracedClient(new FakeClient().refuse(new ApiError(422)), tracing, server);
    const outcome = await tracing.span('outer', root, () => client.request(request)).catch((error) => error);
    expect(outcome).to.be.instanceOf(ApiError);
    const span = (await spans()).get('PATCH');
    expect(span?.attributes).to.include({ 'error.type': '422' });
    expect(span?.status.code).to.equal(SpanStatusCode.ERROR);
  });

  it('is a call like any other outside of a trace', async () => {
    const { tracing, spans } = setUp();
    const fake = new FakeClient().answer({});
    await new TracedClient(fake, tracing, server).request(request);
    expect(fake.calls).to.deep.equal([request]);
    expect((await spans()).size).to.equal(0);
  });
});

describe('spans that can not be sent', () => {
  it('wait, but not more than a bounded number of them; what is lost is counted', async () => {
    const arrival = Promise.withResolvers<void>();
    let batches = 0;
    const exporter: SpanExporter = {
      export: (_spans, done) => {
        batches += 1;
        void arrival.promise.then(() => done({ code: 0 }));
      },
      shutdown: async () => {},
    };
    const { tracing, counts } = setUp({ exporter });
    for (let index = 0; index < 3_000; index += 1) await tracing.span('one', root, async () => {});
    expect(counts).to.deep.equal({ exported: 0, dropped: 3_000 - 2_048 });
    expect(batches, 'on their way').to.equal(1);
    arrival.resolve();
    await tracing.stop();
    expect(counts).to.deep.equal({ exported: 2_048, dropped: 3_000 - 2_048 });
  });

  it('are told of once, until they can be sent again', async () => {
    const registry = new Registry();
    const lines: string[] = [];
    const line = (_fields: unknown, text = '') => lines.push(text || String(_fields));
    const report = spanReport(registry, { info: line, warn: line });
    report.dropped(3, 'ECONNREFUSED');
    report.dropped(2, 'ECONNREFUSED');
    report.exported(4);
    expect(lines).to.deep.equal([
      'spans are dropped; luaplugin_spans_total counts them',
      'spans reach the collector again',
    ]);
    expect(await registry.metrics()).to.contain('luaplugin_spans_total{result="dropped"} 5');
  });

  it('do not keep the operator from its end', async () => {
    let release = () => {};
    const exporter: SpanExporter = {
      export: (_spans, done) => {
        release = () => done({ code: 1 });
      },
      shutdown: async () => {},
    };
    const { tracing, counts } = setUp({ exporter });
    await tracing.span('one', root, async () => {});
    const begin = performance.now();
    await tracing.stop();
    expect(performance.now() - begin).to.be.below(5_000);
    expect(counts.dropped).to.equal(0);
    release();
    expect(counts.dropped).to.equal(1);
  });
});

describe('tracing that is switched off', () => {
  it('loads no package of OpenTelemetry but the one that prom-client loads for itself', async () => {
    const module = fileURLToPath(
      new URL('../../../operator/observability/tracing/start-tracing.ts', import.meta.url),
    );
    const loaded = async (rate: number) => {
      const script = `
        import { registerHooks } from 'node:module';
        const names = new Set();
        registerHooks({ load: (url, context, next) => {
          const name = /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(url);
          if (name) names.add(name[1]);
          return next(url, context);
        } });
        const { startTracing } = await import(${JSON.stringify(module)});
        const { Registry } = await import('prom-client');
        const config = { endpoint: 'http://127.0.0.1:1', samplingRatePerMillion: ${rate} };
        const tracing = await startTracing({ config, version: '1', registry: new Registry(), logger: console });
        console.log(JSON.stringify([tracing !== undefined, ...names]));`;
      const args = ['--input-type=module', '-e', script];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
      return JSON.parse(stdout);
    };
    expect(await loaded(0)).to.deep.equal([false, '@opentelemetry/api']);
    expect(await loaded(1)).to.include.members([true, '@opentelemetry/sdk-trace']);
  });
});
