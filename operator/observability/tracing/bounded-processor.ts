import type { Context } from '@opentelemetry/api';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { SpanReport } from './tracer.ts';

/** As many spans wait for the collector or are on their way to it; some 1.5 KB each. */
const maxSpans = 2_048;
const batchSpans = 512;
/** A batch that is not full is sent after so many milliseconds. */
const batchDelayMs = 1_000;
/** More than the exporter allows itself, so that it always has the last word on what became of a batch. */
const exportTimeoutMs = 30_000;
/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const success = 0;

/** Sends spans in batches. While that is not possible, a bounded number waits, and the rest is counted and dropped. */
export class BoundedProcessor implements SpanProcessor {
  readonly #batches: BatchSpanProcessor;
  readonly #report: SpanReport;
  #spans = 0;

  constructor(exporter: SpanExporter, report: SpanReport) {
    this.#report = report;
    const counting: SpanExporter = {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.#spans -= spans.length;
          if (result.code === success) report.exported(spans.length);
          else report.dropped(spans.length, result.error?.message ?? 'the collector did not take them');
          done(result);
        }),
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    };
    this.#batches = new BatchSpanProcessor({
      exporter: counting,
      maxQueueSize: maxSpans,
      maxExportBatchSize: batchSpans,
      scheduledDelayMillis: batchDelayMs,
      exportTimeoutMillis: exportTimeoutMs,
    });
  }

  onStart(span: Span, context: Context): void {
    this.#batches.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#spans >= maxSpans) {
      this.#report.dropped(1, 'too many wait for the collector');
      return;
    }
    this.#spans += 1;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }
}
