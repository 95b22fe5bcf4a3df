import type { Registry } from 'prom-client';
import { declare } from '../declare.ts';
import type { Logger } from '../logging.ts';
import type { SpanReport, Tracing } from './tracer.ts';

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

/** Starts tracing as the config has it; undefined when that is off, and then no package of OpenTelemetry is loaded. */
export async function startTracing({
  config,
  version,
  registry,
  logger,
}: TracingOptions): Promise<Tracing | undefined> {
  if (config.samplingRatePerMillion === 0) return undefined;
  const { OpenTelemetryTracing, otlpExporter } = await import('./open-telemetry.ts');
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
