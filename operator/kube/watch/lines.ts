import { ConnectionError } from '../client/errors.ts';

const lineFeed = 0x0a;
/** Longer than any object can be (etcd takes 1.5 MB); an endless line must not eat the memory. */
const maxLineBytes = 64 * 1024 * 1024;

/**
 * Cuts bytes into lines, wherever the chunks end. Bytes are decoded by whole lines, so a character that lies
 * across two chunks stays whole.
 * @throws ConnectionError when the bytes end within a line: the connection was cut.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      const tail = chunk.subarray(start, end);
      const line = pendingBytes === 0 ? tail : Buffer.concat([...pending, tail]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      yield decode(line);
    }
    if (start === chunk.length) continue;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > maxLineBytes) {
      throw new ConnectionError(`a line of the watch is longer than ${maxLineBytes} bytes`, {
        code: 'BAD_ANSWER',
      });
    }
  }
  if (pendingBytes > 0) {
    throw new ConnectionError('the watch was cut off within a line', { code: 'BAD_ANSWER' });
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
