import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

/** A span as OTLP has it in JSON, as far as it is looked at. */
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

function attributesOf(span: OtlpSpan | undefined): Record<string, unknown> {
  return Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]));
}

describe('tracing, on a real API server', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const received: OtlpSpan[] = [];
  const headers: string[] = [];
  let collector: Server;
  let port = 0;
  const script = 'function GetWorkloadTypeAndName() return "Job", "traced" end';

  /** The span of a Pod's reconciliation in which it was written, and what is below it. */
  const traceOf = (pod: string) =>
    eventually(`the trace of ${pod}`, () => {
      for (const root of received.filter(({ name }) => name === 'reconcile pod')) {
        if (attributesOf(root)['k8s.pod.name'] !== pod) continue;
        const below = received.filter(({ traceId }) => traceId === root.traceId);
        if (below.some(({ name }) => name === 'PATCH')) return { root, below };
      }
      return undefined;
    });

  before('start a collector', async () => {
    collector = createServer(async (request, response) => {
      const body: OtlpRequest = JSON.parse(await text(request));
      expect(request.url).to.equal('/v1/traces');
      headers.push(String(request.headers['content-type']));
      for (const { scopeSpans } of body.resourceSpans) {
        for (const { spans } of scopeSpans) received.push(...spans);
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    ({ port } = collector.address() as AddressInfo);
  });
  after(() => {
    collector.closeAllConnections();
    collector.close();
  });

  describe('with a collector', () => {
    const lab = useOperator(
      fixture,
      () => `tracing: {endpoint: "http://127.0.0.1:${port}", samplingRatePerMillion: 1000000}`,
    );

    it("shows a Pod's way from its event to its PATCH as one trace", async () => {
      await lab.applyPlugin('traced', { script });
      await eventually('the plugin to serve', async () =>
        (await lab.conditionsOf('traced')).Ready?.startsWith('True'),
      );
      await createPod(fixture.plane.api, { namespace, name: 'web', labels: { secret: 'hidden' } });
      await eventually(
        'its workload',
        async () => (await lab.workloadOf('web')) === 'Job traced by LuaPlugin/traced',
      );
      const { root, below } = await traceOf('web');
      const child = (of: OtlpSpan | undefined, name: string) =>
        below.find((span) => span.name === name && span.parentSpanId === of?.spanId);
      expect(root.parentSpanId ?? '').to.equal('');
      expect(attributesOf(root)).to.deep.equal({ 'k8s.namespace.name': namespace, 'k8s.pod.name': 'web' });
      const resolve = child(root, 'resolve');
      expect(attributesOf(child(resolve, 'sandbox evaluate'))).to.include({ 'luaplugin.calls': 1 });
      const patch = attributesOf(child(root, 'PATCH'));
      expect(patch).to.include({ 'http.request.method': 'PATCH', 'http.response.status_code': 200 });
      expect(String(patch['url.full'])).to.match(/\/api\/v1\/namespaces\/[^/]+\/pods\/web$/);
      expect(JSON.stringify(received), 'nothing else of its metadata').not.to.contain('hidden');
      expect(headers[0]).to.equal('application/json');
    });

    it("shows a plugin's way, from the change to its status", async () => {
      const root = await eventually('its trace', () =>
        received.find(({ name, traceId }) => {
          const names = received.filter((one) => one.traceId === traceId).map((one) => one.name);
          return name === 'reconcile luaplugin' && names.includes('sandbox load') && names.includes('PATCH');
        }),
      );
      expect(attributesOf(root)).to.deep.equal({ 'luaplugin.key': 'traced' });
    });

    it('sends what is left when the operator ends, and counts it', async () => {
      expect(await lab.metric('luaplugin_spans_total{result="exported"}')).to.be.above(3);
      expect(await lab.metric('luaplugin_spans_total{result="dropped"}')).to.equal(0);
      await createPod(fixture.plane.api, { namespace, name: 'last' });
      await eventually('its workload', async () => (await lab.workloadOf('last')).startsWith('Job'));
      expect(await lab.restart()).to.equal(0);
      await traceOf('last');
    });
  });

  describe('with a collector that is not there', () => {
    const lab = useOperator(
      fixture,
      'tracing: {endpoint: "http://127.0.0.1:1", samplingRatePerMillion: 1000000}',
    );

    it('costs the Pods nothing; what is lost is counted, and told of once', async () => {
      await createPod(fixture.plane.api, { namespace, name: 'other' });
      await eventually(
        'its workload',
        async () => (await lab.workloadOf('other')) === 'Pod other by standard',
      );
      await eventually(
        'spans to be given up',
        async () => ((await lab.metric('luaplugin_spans_total{result="dropped"}')) ?? 0) > 0,
      );
      const told = lab.operator.logs().filter(({ msg }) => msg.startsWith('spans are dropped'));
      expect(told).to.have.length(1);
      const begin = performance.now();
      expect(await lab.operator.stop()).to.equal(0);
      expect(performance.now() - begin, 'milliseconds').to.be.below(15_000);
    });
  });
});
