#!/usr/bin/env bash
# undici (https://github.com/nodejs/undici), fixed in 8.13.1
#
# A request that waits for a free connection of its pool does not heed its AbortSignal: it ends only when a connection
# becomes free and the request would be sent. So a deadline made of AbortSignal.timeout() does not hold just when the
# server is slow. Its documentation says of `signal` that it aborts the request, with no exception for one that waits.
#
# Here a server takes 3 seconds for each answer, and the pool has one connection. The second request is aborted after
# half a second: 8.12.4 rejects it after 3 seconds, 8.13.1 after half a second.
#
# Needs npm and a registry. Exits with 0 while that is so, with 1 once it is not, with 2 when it could not be tried.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > try.mjs <<'JS'
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const name = process.argv[2];
const { Agent } = await import(name);
const { version } = createRequire(import.meta.url)(`${name}/package.json`);
const server = createServer((_request, response) => setTimeout(() => response.end('{}'), 3_000));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const agent = new Agent({ connections: 1 });
const first = agent.request({ origin, path: '/', method: 'GET' });
const begun = performance.now();
const signal = AbortSignal.timeout(500);
const outcome = await agent
  .request({ origin, path: '/', method: 'GET', signal })
  .then(() => 'answered', (error) => error.name);
const ms = Math.round(performance.now() - begun);
console.log(`undici ${version}: a request that waits, aborted after 500 ms, ended after ${ms} ms: ${outcome}`);
await first;
process.exit(ms > 2_500 ? 10 : 11);
JS

echo '{ "private": true, "allowScripts": { "node": true } }' > package.json
npm install --no-audit --no-fund --silent node@24.21.0 old@npm:undici@8.12.4 new@npm:undici@8.13.1 || exit 2

try() {
  local code=0
  node_modules/.bin/node try.mjs "$1" || code=$?
  case $code in
    10) result=late ;;
    11) result=at-once ;;
    *) exit 2 ;;
  esac
}

try old
old=$result
try new
new=$result
[[ $old == late && $new == at-once ]] || { echo "changed: $old, $new"; exit 1; }
