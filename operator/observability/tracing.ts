import type { Registry } from 'prom-client';
import { declare } from './declare.ts';
import type { Logger } from './logging.ts';

/** Named as OpenTelemetry's semantic conventions name them, where these have a name. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** One piece of work in a trace. */
export interface TraceSpan {
  /** The span's place in its trace, as the header `traceparent` of W3C's Trace Context has it. */
  readonly traceparent: string;
  set(attributes: Attributes): void;
  /** Work of another trace had a part in this. */
  link(other: TraceSpan): void;
}

export interface SpanOptions {
  /** `client`: a call to another program. `internal` by default. */
  readonly kind?: 'internal' | 'client';
  readonly attributes?: Attributes;
  /** The span begins a trace. Otherwise it is part of the span that it begins in, and where there is none, no span. */
  readonly isRoot?: boolean;
  /** Whether what the work threw is an error to be recorded; by default all is. */
  readonly isError?: (error: unknown) => boolean;
}

/** Traces the operator's work. Parts that are traced get one; without it they do the same work and nothing else. */
export interface Tracer {
  /** Does the work in a span. @throws what the work throws, which the span records */
  span<T>(name: string, options: SpanOptions, work: (span: TraceSpan) => Promise<T>): Promise<T>;
  /** The span that this is called in, if it is recorded and not over. */
  readonly active: TraceSpan | undefined;
}

export interface Tracing extends Tracer {
  /** Sends what is left, for a second or two at the most. May be called twice. */
  stop(): Promise<void>;
}

/** The config's section. */
export interface TracingConfig {
  readonly endpoint: string | undefined;
  readonly samplingRatePerMillion: number;
}

export interface TracingOptions {
  readonly config: TracingConfig;
  readonly version: string;
  readonly registry: Registry;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/** Told what became of spans. */
export interface SpanReport {
  exported(spans: number): void;
  /** They are lost. @param reason in one line */
  dropped(spans: number, reason: string): void;
}

/** Starts tracing as the config has it; undefined when that is off, and then no package of OpenTelemetry is loaded. */
export async function startTracing({
  config,
  version,
  registry,
  logger,
}: TracingOptions): Promise<Tracing | undefined> {
  if (config.samplingRatePerMillion === 0) return undefined;
  const { OpenTelemetryTracing, otlpExporter } = await import('./tracing/open-telemetry.ts');
  return new OpenTelemetryTracing({
    samplingRatePerMillion: config.samplingRatePerMillion,
    version,
    exporter: otlpExporter(config.endpoint),
    report: spanReport(registry, logger),
  });
}

/** Counts spans, and tells once that they are lost, and once that they are not any more. */
export function spanReport(registry: Registry, logger: Pick<Logger, 'info' | 'warn'>): SpanReport {
  const spans = declare(registry).counter(
    'luaplugin_spans_total',
    'Spans of the operator, by what became of them; there only while tracing is on.',
    ['result'],
  );
  for (const result of ['exported', 'dropped']) spans.inc({ result }, 0);
  let areLost = false;
  return {
    exported: (count) => {
      spans.inc({ result: 'exported' }, count);
      if (areLost) logger.info('spans reach the collector again');
      areLost = false;
    },
    dropped: (count, reason) => {
      spans.inc({ result: 'dropped' }, count);
      if (!areLost) logger.warn({ error: reason }, 'spans are dropped; luaplugin_spans_total counts them');
      areLost = true;
    },
  };
}
