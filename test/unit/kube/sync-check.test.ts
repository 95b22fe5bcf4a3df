import { expect } from 'chai';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { Reflector } from '../../../operator/kube/watch/reflector.ts';
import { syncCheck } from '../../../operator/kube/watch/sync-check.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { FakeClient } from './fake-client.ts';
import { makePage } from './objects.ts';

const plugins = '/apis/luaplugin.dev/v1alpha1/luaplugins';

/** What /readyz says of a watch of LuaPlugins whose calls go so. */
async function says(client: FakeClient): Promise<string | undefined> {
  const reflector = new Reflector<KubeObject>({
    client,
    path: plugins,
    what: 'LuaPlugins',
    sink: { upsert: () => {}, remove: () => {}, uids: () => [] },
    logger: silentLogger,
    clock: new ManualClock(),
  });
  const end = new AbortController();
  const running = reflector.run(end.signal);
  await settle();
  const { name, check } = syncCheck('luaplugins', reflector);
  expect(name).to.equal('luaplugins');
  const problem = check();
  end.abort();
  await running;
  return problem;
}

const refused = (status: number, reason: string, message: string) =>
  new ApiError(status, { kind: 'Status', reason, message });
const roles = "(apply the operator's roles: kubectl apply -k config/default)";

describe('what /readyz says of a watch', () => {
  const reasons: readonly [what: string, client: FakeClient, line: string | undefined][] = [
    ['is under way for the first time', new FakeClient(), 'not listed yet'],
    [
      'reaches no API server',
      new FakeClient().refuse(
        new ConnectionError('GET https://10.0.0.1/api: connect ECONNREFUSED 10.0.0.1:443', {
          code: 'ECONNREFUSED',
        }),
      ),
      'cannot reach the API server: GET https://10.0.0.1/api: connect ECONNREFUSED 10.0.0.1:443',
    ],
    [
      'meets a certificate that it does not trust',
      new FakeClient().refuse(
        new ConnectionError('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }),
      ),
      'self-signed certificate',
    ],
    [
      'may not list',
      new FakeClient().refuse(refused(403, 'Forbidden', 'luaplugins is forbidden')),
      `RBAC lacks verb "list" on resource "luaplugins" in API group "luaplugin.dev" ${roles}: luaplugins is forbidden`,
    ],
    [
      'may list, but not watch',
      new FakeClient().answer(makePage([])).refuseStream(refused(403, 'Forbidden', 'no')),
      `RBAC lacks verb "watch" on resource "luaplugins" in API group "luaplugin.dev" ${roles}: no`,
    ],
    [
      'has a token that is no longer valid',
      new FakeClient().refuse(refused(401, 'Unauthorized', 'Unauthorized')),
      '401 Unauthorized: Unauthorized',
    ],
    [
      'finds no CustomResourceDefinition',
      new FakeClient().refuse(new ApiError(404)),
      `${plugins} is not served (apply its CustomResourceDefinition: kubectl apply -k crds)`,
    ],
    [
      'meets an API server that is overloaded',
      new FakeClient().refuse(refused(429, 'TooManyRequests', 'too many requests')),
      '429 TooManyRequests: too many requests',
    ],
  ];
  for (const [what, client, line] of reasons) {
    it(`is one line on why, when it ${what}`, async () => {
      expect(await says(client)).to.equal(line);
      expect(line).not.to.contain('\n');
    });
  }

  it('is nothing while it is open', async () => {
    const client = new FakeClient().answer(makePage([]));
    client.open();
    expect(await says(client)).to.equal(undefined);
  });
});
