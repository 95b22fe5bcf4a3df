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

/** Told what became of spans. */
export interface SpanReport {
  exported(spans: number): void;
  /** They are lost. @param reason in one line */
  dropped(spans: number, reason: string): void;
}
