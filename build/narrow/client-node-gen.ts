/** What config.js of @kubernetes/client-node takes from its generated half, to make typed clients. */

export class ServerConfiguration {}

export function createConfiguration(): object {
  return {};
}
