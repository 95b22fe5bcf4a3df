import { Agent } from 'undici';

/** The API server's answer was not 2xx. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Where an API server is, and the client certificate that it knows. All PEM. */
export interface ApiCredentials {
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A small REST client for tests; many requests may be on their way at once. */
export interface ApiClient {
  /**
   * Sends one request and returns the parsed answer, which the caller says the type of.
   * A PATCH is a JSON merge patch. Throws ApiError on any status but 2xx.
   * @param path path and query, such as `/api/v1/namespaces`.
   */
  request<T = unknown>(method: Method, path: string, body?: unknown): Promise<T>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** A client on a pool of 16 kept connections. */
export function createApiClient({ server, caPem, certPem, keyPem }: ApiCredentials): ApiClient {
  const agent = new Agent({
    connections: 16,
    allowH2: false,
    connect: { ca: caPem, cert: certPem, key: keyPem },
  });
  return {
    request: async <T>(method: Method, path: string, body?: unknown) => {
      const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const response = await agent.request({
        origin: server,
        method,
        path,
        headers: { accept: 'application/json', 'content-type': contentType },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await response.body.text();
      if (response.statusCode < 200 || response.statusCode > 299) {
        throw new ApiError(response.statusCode, `${method} ${path}: ${response.statusCode}: ${reason(text)}`);
      }
      return JSON.parse(text) as T;
    },
    close: () => agent.destroy(),
  };
}

/** The message of a Status object, or the text itself where it is none. */
function reason(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
