import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { BoundedProcessor } from './bounded-processor.ts';
import type { Attributes, SpanOptions, SpanReport, TraceSpan, Tracing } from './tracer.ts';

export interface OpenTelemetryOptions {
  /** Of a million traces so many are recorded. */
  readonly samplingRatePerMillion: number;
  readonly version: string;
  readonly exporter: SpanExporter;
  readonly report: SpanReport;
}

const serviceName = 'lua-plugin-operator';
/** How long, in milliseconds, a batch may take, with the repetitions that the exporter makes. */
const exportTimeoutMs = 5_000;
/** Characters of an attribute's value. */
const attributeCharacters = 1_024;
/** How long, in milliseconds, the end of the operator waits for its last spans. */
const stopTimeoutMs = 2_000;

/**
 * Sends spans as OTLP over HTTP. Headers and TLS are as the environment has them (OTEL_EXPORTER_OTLP_HEADERS,
 * OTEL_EXPORTER_OTLP_CERTIFICATE), where secrets belong.
 * @param endpoint the collector's base URL; undefined: as OTEL_EXPORTER_OTLP_ENDPOINT has it, or http://localhost:4318
 */
export function otlpExporter(endpoint: string | undefined): SpanExporter {
  const url = endpoint === undefined ? {} : { url: `${endpoint.replace(/\/+$/, '')}/v1/traces` };
  return new OTLPTraceExporter({ ...url, timeoutMillis: exportTimeoutMs });
}

/** Traces with OpenTelemetry's SDK. It registers nothing globally, so that two in a process do not meet. */
export class OpenTelemetryTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #storage = new AsyncLocalStorage<Context>();
  #stopped: Promise<void> | undefined;

  constructor({ samplingRatePerMillion, version, exporter, report }: OpenTelemetryOptions) {
    const own = resourceFromAttributes({ 'service.name': serviceName, 'service.version': version });
    this.#provider = new TracerProvider({
      // What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say wins.
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplingRatePerMillion / 1e6) }),
      // An owner's name in a URL may be a megabyte long.
      spanLimits: { attributeValueLengthLimit: attributeCharacters },
      spanProcessors: [new BoundedProcessor(exporter, report)],
    });
  }

  get active(): TraceSpan | undefined {
    const span = this.#activeSpan;
    return span === undefined ? undefined : new RecordedSpan(span);
  }

  async span<T>(
    name: string,
    { kind, attributes = {}, isRoot = false, isError = () => true }: SpanOptions,
    work: (span: TraceSpan) => Promise<T>,
  ): Promise<T> {
    if (!isRoot && this.#activeSpan === undefined) return await work(noSpan);
    const parent = isRoot ? ROOT_CONTEXT : (this.#storage.getStore() ?? ROOT_CONTEXT);
    const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes };
    const span = this.#provider.getTracer(serviceName).startSpan(name, options, parent);
    try {
      return await this.#storage.run(trace.setSpan(parent, span), () => work(new RecordedSpan(span)));
    } catch (error) {
      if (isError(error)) {
        const { name, message: whole } = error as Error;
        const message = whole.slice(0, attributeCharacters);
        span.recordException({ name, message });
        span.setStatus({ code: SpanStatusCode.ERROR, message });
      }
      throw error;
    } finally {
      span.end();
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const timer = new AbortController();
    const flushed = this.#provider.shutdown().catch(() => {});
    await Promise.race([flushed, delay(stopTimeoutMs, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }

  get #activeSpan(): Span | undefined {
    const context = this.#storage.getStore();
    const span = context === undefined ? undefined : trace.getSpan(context);
    return span?.isRecording() ? span : undefined;
  }
}

class RecordedSpan implements TraceSpan {
  readonly #span: Span;

  constructor(span: Span) {
    this.#span = span;
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  link(other: TraceSpan): void {
    const [, traceId, spanId, flags] = other.traceparent.split('-');
    if (traceId === undefined || spanId === undefined || flags === undefined) return;
    this.#span.addLink({ context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16) } });
  }
}

/** Where nothing is traced. */
const noSpan: TraceSpan = { traceparent: '', set: () => {}, link: () => {} };
