#!/usr/bin/env bash
# @kubernetes/client-node 2.0.1 opens a connection of its own for every call.
#
# A program asks one API server for one list twenty times in a row, by one client object. The server keeps connections
# alive, as kube-apiserver does. Expected, as with client-go or a plain undici Agent: one connection serves all calls.
# Seen: twenty connections for twenty calls; behind TLS that is a handshake each.
#
# Ends with 0 as long as it is so, with 1 once a connection is used twice. Needs npm and a registry; with 2 when it could not be tried.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
echo '{ "private": true, "type": "module", "allowScripts": { "node": true } }' > package.json
npm install --silent --no-audit --no-fund @kubernetes/client-node@2.0.1 node@24.21.0 || exit 2

cat >try.mjs <<'EOF'
import { createServer } from 'node:http';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

let connections = 0;
let requests = 0;
const server = createServer((_request, response) => {
  requests += 1;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ apiVersion: 'v1', kind: 'NamespaceList', metadata: {}, items: [] }));
});
server.keepAliveTimeout = 60_000;
server.on('connection', () => {
  connections += 1;
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const config = new KubeConfig();
// A server without TLS is taken only with skipTLSVerify.
config.loadFromClusterAndUser(
  { name: 'local', server: `http://127.0.0.1:${server.address().port}`, skipTLSVerify: true },
  { name: 'nobody' },
);
const api = config.makeApiClient(CoreV1Api);
for (let call = 0; call < 20; call += 1) await api.listNamespace();
console.log(`@kubernetes/client-node 2.0.1, Node ${process.versions.node}`);
console.log(`${requests} calls one after the other by one client: ${connections} connections; expected 1`);
server.closeAllConnections();
server.close();
process.exit(requests === 20 && connections === 20 ? 0 : 1);
EOF
node_modules/.bin/node try.mjs
