import { expect } from 'chai';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { type WatchEvent, watchEvents } from '../../../operator/kube/watch/watch-stream.ts';
import { added, bookmark, deleted, expired, makePod, modified } from './objects.ts';

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<WatchEvent<KubeObject>[]> {
  const events: WatchEvent<KubeObject>[] = [];
  for await (const event of watchEvents<KubeObject>(bytes)) events.push(event);
  return events;
}

async function failure(bytes: AsyncIterable<Uint8Array>): Promise<unknown> {
  return collect(bytes).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('watchEvents', () => {
  const pod = makePod('naïve-€-😀');
  const lines = [added(pod), modified(pod), bookmark('7'), deleted(pod)];
  const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

  it('gives the same events wherever the chunks end, also within a character', async () => {
    const expected = [
      { type: 'ADDED', object: pod },
      { type: 'MODIFIED', object: pod },
      { type: 'BOOKMARK', resourceVersion: '7' },
      { type: 'DELETED', object: pod },
    ];
    for (const size of [1, 2, 3, 5, 7, 64, bytes.length]) {
      expect(await collect(inChunks(bytes, size)), `chunks of ${size} bytes`).to.deep.equal(expected);
    }
  });

  it('ends with the server between two events, and skips empty lines', async () => {
    expect(await collect(chunks('\n', '\n'))).to.deep.equal([]);
  });

  it('fails when the bytes end within a line, even if the line looks complete', async () => {
    const error = await failure(chunks(JSON.stringify(added(pod))));
    expect(error).to.be.instanceOf(ConnectionError);
    expect((error as ConnectionError).code).to.equal('BAD_ANSWER');
  });

  it('turns an ERROR event into the ApiError that it carries', async () => {
    const error = await failure(chunks(`${JSON.stringify(expired())}\n`));
    expect(error).to.be.instanceOf(ApiError);
    expect(error).to.include({ status: 410, reason: 'Expired' });
  });

  it('fails on a line that is no event, without guessing', async () => {
    for (const line of ['<html>\n', '{"type":"ADDED"}\n', '{"type":"MOVED","object":{}}\n', 'null\n']) {
      expect(await failure(chunks(line)), line).to.be.instanceOf(ConnectionError);
    }
  });
});
