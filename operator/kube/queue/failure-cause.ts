import { ApiError, ConnectionError, describeError } from '../client/errors.ts';

/**
 * What failures have in common that happened for the same reason: an error's text without what tells one object or
 * one moment from another: the object's name, UIDs, URLs' paths and numbers. The reason, the refuser's name and what
 * it says stay.
 * @param key what failed, which the text may name
 */
export function causeOf(error: unknown, key: string): string {
  let text = describeError(error);
  for (const name of [error instanceof ApiError ? error.details?.name : undefined, key]) {
    if (name) text = text.replaceAll(name, '*');
  }
  return text
    .replace(/\/apis?\/[^\s:?]*/g, '/*')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '*')
    .replace(/\d+/g, '#');
}

/** The kind of a failure alone, for those whose texts have nothing in common. */
export function kindOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.reason}`;
  if (error instanceof ConnectionError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
