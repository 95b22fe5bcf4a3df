import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';

/** A watch's bytes, sent by the test piece by piece. */
export class PushStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #end: { error?: unknown } | undefined;
  #wake: () => void = () => {};

  /** Sends events as lines. */
  send(...events: object[]): void {
    this.sendText(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  sendText(text: string): void {
    this.sendBytes(Buffer.from(text));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#wake();
  }

  /** The server ends the answer, as it does when timeoutSeconds are over. */
  end(): void {
    this.#end = {};
    this.#wake();
  }

  /** The connection breaks. */
  fail(error: unknown): void {
    this.#end = { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
      } else if (this.#end !== undefined) {
        if ('error' in this.#end) throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

type Answer = () => unknown;

/** A KubeClient that plays a script. What was not scripted parks until its signal aborts. */
export class FakeClient implements KubeClient {
  /** Every call, in order; a watch has `query.watch`. */
  readonly calls: KubeRequest[] = [];
  readonly #answers: Answer[] = [];
  readonly #streams: (() => PushStream)[] = [];

  get lists(): KubeRequest[] {
    return this.calls.filter(({ query }) => !query?.watch);
  }

  get watches(): KubeRequest[] {
    return this.calls.filter(({ query }) => query?.watch);
  }

  /** Answers one more request with this body. */
  answer(body: unknown): this {
    this.#answers.push(() => body);
    return this;
  }

  /** Answers one more request with this error. */
  refuse(error: unknown): this {
    this.#answers.push(() => {
      throw error;
    });
    return this;
  }

  /** Answers one more stream; the test sends its bytes. */
  open(): PushStream {
    const stream = new PushStream();
    this.#streams.push(() => stream);
    return stream;
  }

  /** Answers one more stream with an error. */
  refuseStream(error: unknown): this {
    this.#streams.push(() => {
      throw error;
    });
    return this;
  }

  async request<T>(request: KubeRequest): Promise<T> {
    this.calls.push(request);
    const answer = this.#answers.shift();
    if (answer === undefined) return park(request.signal);
    return answer() as T;
  }

  async stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    this.calls.push(request);
    const open = this.#streams.shift();
    if (open === undefined) return park(request.signal);
    const stream = open();
    const { signal } = request;
    if (signal?.aborted) throw signal.reason;
    signal?.addEventListener('abort', () => stream.fail(signal.reason), { once: true });
    return stream;
  }

  async close(): Promise<void> {}
}

function park(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
