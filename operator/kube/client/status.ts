import { ApiError, type KubeStatus } from './errors.ts';

/** How much of a body that is no Status goes into a message, in characters. */
const maxForeignText = 200;

/**
 * The error for an answer that is not 2xx.
 * @param status the HTTP code.
 * @param headers lower-case names; Retry-After is read in both its forms (RFC 9110, 10.2.3).
 * @param text the body; a Status, or whatever a proxy in between wrote.
 */
export function apiErrorFrom(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  text: string,
): ApiError {
  return new ApiError(status, parseStatus(text), parseRetryAfter(headers['retry-after']));
}

function parseStatus(text: string): KubeStatus {
  try {
    const body = JSON.parse(text) as (KubeStatus & { kind?: string }) | null;
    if (body?.kind === 'Status') return body;
  } catch {
    // Not JSON: the text itself is all there is to say.
  }
  const line = text.replace(/\s+/g, ' ').trim().slice(0, maxForeignText);
  return line === '' ? {} : { message: line };
}

/** @returns milliseconds, or undefined when the header is absent or senseless */
export function parseRetryAfter(header: string | string[] | undefined, now = Date.now()): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
