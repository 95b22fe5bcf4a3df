/** The body of a failed call (meta/v1 Status), as far as this operator reads it. */
export interface KubeStatus {
  /** `Status`; absent when the body was something else, from a proxy for instance. */
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: StatusDetails;
}

/** What a Status says besides its message. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  retryAfterSeconds?: number;
  causes?: { reason?: string; message?: string; field?: string }[];
}

/** Reasons by HTTP code, for answers that carry no Status (a proxy's, for instance). */
const reasonByCode: ReadonlyMap<number, string> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [406, 'NotAcceptable'],
  [408, 'Timeout'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [500, 'InternalError'],
  [502, 'BadGateway'],
  [503, 'ServiceUnavailable'],
  [504, 'Timeout'],
]);

/** No server is waited for longer than this, in milliseconds, whatever it asks for. */
const maxRetryAfterMs = 60_000;

/** The API server answered, and refused. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP code, or the Status' code when it came as a watch's ERROR event. */
  readonly status: number;
  /** The Status' reason in CamelCase, such as NotFound or Expired. */
  readonly reason: string;
  /** Milliseconds that the server asks to be left alone. */
  readonly retryAfterMs?: number;
  readonly details?: StatusDetails;
  /** Whether the API server itself said so, in a Status; else a proxy may have. */
  readonly isStatus: boolean;

  /**
   * @param status the HTTP code.
   * @param body the answer's Status; missing parts are filled from the code.
   * @param retryAfterMs from the Retry-After header; absent, the Status' retryAfterSeconds counts.
   */
  constructor(status: number, body: KubeStatus = {}, retryAfterMs?: number) {
    const reason = body.reason || reasonByCode.get(status) || 'Unknown';
    super(body.message || `the API server answered ${status} ${reason}`);
    this.status = status;
    this.reason = reason;
    this.isStatus = body.kind === 'Status';
    const seconds = body.details?.retryAfterSeconds;
    const wait = retryAfterMs ?? (seconds ? seconds * 1000 : undefined);
    if (wait !== undefined) this.retryAfterMs = Math.min(wait, maxRetryAfterMs);
    if (body.details) this.details = body.details;
  }
}

/** No usable answer: refused, reset, timed out, cut off, or not trusted. The first error is kept as `cause`. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** The innermost code found, such as ECONNREFUSED; `UNKNOWN` without one. */
  readonly code: string;

  constructor(message: string, options: { cause?: unknown; code?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = options.code ?? codeOf(options.cause) ?? 'UNKNOWN';
  }
}

/** Nothing was sent: the server is to be left alone, for longer than the call was given. */
export class HeldBackError extends Error {
  override readonly name = 'HeldBackError';
  /** Milliseconds until the server may be asked again. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`not sent: the API server is to be left alone for ${(retryAfterMs / 1000).toFixed(1)} s`);
    this.retryAfterMs = retryAfterMs;
  }
}

/** No kubeconfig, an unreadable one, or credentials that cannot be had; the message is fit for the user. */
export class KubeConfigError extends Error {
  override readonly name = 'KubeConfigError';
}

/** A write was not sent, because this process does not lead (any more). Whoever leads does the work. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/** A call was not sent, because what it was for is no more when its turn came. */
export class NotNeededError extends Error {
  override readonly name = 'NotNeededError';
}

/** No connection could be made. One that broke was there: it says nothing about the next. */
export const unreachableCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Codes that time heals. What is missing here (a certificate that does not verify, a wrong protocol) is a matter
 * of configuration and must not pass for a hiccup.
 */
const transientCodes: ReadonlySet<string> = new Set([
  ...unreachableCodes,
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'REQUEST_TIMEOUT',
  'BAD_ANSWER',
  'SILENT_WATCH',
  'WATCH_ENDED',
]);

/** How far down a chain of causes a code is looked for. */
const causeDepth = 5;

/** The innermost code of an error and its causes, such as ECONNREFUSED. */
export function codeOf(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < causeDepth && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    // Several addresses tried (IPv6 and IPv4): each has its own error, the first speaks for all.
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return undefined;
}

/** The object, or the whole resource, does not exist. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404;
}

/** The API server says that this object does not exist. A proxy's 404, or that of a resource not served, is not it. */
export function isObjectNotFound(error: unknown): error is ApiError {
  return isNotFound(error) && error.isStatus && error.reason === 'NotFound';
}

/** The same call will be refused again: it is the call that is wrong, or its object is gone. */
export function isRefused(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || !error.isStatus || error.status >= 500) return false;
  return ![401, 403, 408, 409, 429].includes(error.status);
}

/** RBAC or admission says no; asking again helps only once somebody has granted it. */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}

/** Somebody else changed the object, or a precondition did not hold: read it again, then decide again. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409 && error.reason !== 'AlreadyExists';
}

/** A create met an object of that name. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 409 && error.reason === 'AlreadyExists';
}

/** The resourceVersion or continue token is older than the server's history: list again. */
export function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.status === 410 || error.reason === 'Expired');
}

/** The same call may succeed later without anybody changing anything. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 408 || error.status === 429 || error.status >= 500;
  if (error instanceof HeldBackError) return true;
  return error instanceof ConnectionError && transientCodes.has(error.code);
}

/** Milliseconds that the server asked to be left alone, if it did. */
export function retryAfterMs(error: unknown): number | undefined {
  return error instanceof ApiError || error instanceof HeldBackError ? error.retryAfterMs : undefined;
}

/** One line for logs and users: what failed, without a stack. */
export function describeError(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').trim();
}

function messageOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.reason}: ${error.message}`;
  // A host with several addresses fails once for each, under one error without a message.
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ');
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
