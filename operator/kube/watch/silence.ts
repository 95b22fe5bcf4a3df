import type { Clock } from '../../time/clock.ts';
import { ConnectionError } from '../client/errors.ts';

/**
 * Passes bytes on, and calls `onSilent` once when none have come for `silenceMs`. A connection that died without a
 * FIN looks just like a quiet one, except that the server's bookmarks do not come.
 */
export async function* guardSilence(
  chunks: AsyncIterable<Uint8Array>,
  options: { clock: Clock; silenceMs: number; onSilent: (error: ConnectionError) => void },
): AsyncGenerator<Uint8Array> {
  const { clock, silenceMs, onSilent } = options;
  const done = new AbortController();
  let lastByteAt = clock.now();
  const watch = async () => {
    // One timer for the whole stream: it looks how long ago the last bytes came, instead of starting anew for each.
    for (let quietMs = 0; quietMs < silenceMs; quietMs = clock.now() - lastByteAt) {
      // Whole milliseconds: what is left of them after rounding would be slept for ever on a clock that stands still.
      await clock.sleep(Math.ceil(silenceMs - quietMs), done.signal);
    }
    onSilent(new ConnectionError(`no bytes for ${silenceMs / 1000} s`, { code: 'SILENT_WATCH' }));
  };
  // Rejects only when the stream ended first.
  watch().catch(() => {});
  try {
    for await (const chunk of chunks) {
      lastByteAt = clock.now();
      yield chunk;
    }
  } finally {
    done.abort();
  }
}
