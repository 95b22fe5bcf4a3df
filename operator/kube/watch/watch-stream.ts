import { ApiError, ConnectionError, type KubeStatus } from '../client/errors.ts';
import { readLines } from './lines.ts';

/** One change, or a bookmark: the resourceVersion up to which all changes have been sent. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** A line of a watch, before it is known to be one. */
interface RawEvent {
  type?: string;
  object?: { metadata?: { resourceVersion?: string } } & KubeStatus;
}

/**
 * Reads a watch's bytes as events, in order. Ends when the server ends the watch between two events.
 * @throws ApiError for an ERROR event; ConnectionError when the watch is cut within an event or is no watch.
 */
export async function* watchEvents<T>(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent<T>> {
  for await (const line of readLines(chunks)) {
    if (line.trim() !== '') yield parseEvent<T>(line);
  }
}

function parseEvent<T>(line: string): WatchEvent<T> {
  const { type, object } = parseLine(line);
  if (!object) throw badLine(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as T };
    case 'BOOKMARK':
      return { type, resourceVersion: object.metadata?.resourceVersion ?? '' };
    case 'ERROR':
      throw new ApiError(object.code ?? 500, object);
    default:
      throw badLine(line);
  }
}

function parseLine(line: string): RawEvent {
  try {
    return (JSON.parse(line) ?? {}) as RawEvent;
  } catch (cause) {
    throw badLine(line, cause);
  }
}

function badLine(line: string, cause?: unknown): ConnectionError {
  return new ConnectionError(`not an event of a watch: ${JSON.stringify(line.slice(0, 80))}`, {
    cause,
    code: 'BAD_ANSWER',
  });
}
