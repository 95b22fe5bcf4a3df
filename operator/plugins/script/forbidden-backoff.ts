import type { KubeClient } from '../../kube/client/client.ts';
import { ApiError, isForbidden } from '../../kube/client/errors.ts';

const firstMs = 1_000;
const longestMs = 60_000;

/**
 * The same client, which asks whoever repeats a forbidden call to wait, each time twice as long: only a person can
 * grant the permission, and of plugins that lack one there may be hundreds.
 */
export function withForbiddenBackoff(client: KubeClient): KubeClient {
  let refusals = 0;
  const patiently = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const answer = await call;
      refusals = 0;
      return answer;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      const waitMs = Math.min(firstMs * 2 ** refusals, longestMs);
      refusals += 1;
      const { status, reason, message } = error;
      throw new ApiError(status, { kind: 'Status', reason, message }, waitMs);
    }
  };
  return {
    request: (request) => patiently(client.request(request)),
    stream: (request) => patiently(client.stream(request)),
    close: () => client.close(),
  };
}
