import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { Discovery } from '../../../operator/kube/client/discovery.ts';
import { ConnectionError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { FollowedOwners } from '../../../operator/workloads/followed-owners.ts';
import { OwnerReader } from '../../../operator/workloads/owner-reader.ts';
import { makeOwner, makePod } from '../support/builders.ts';
import { ManualClock, settle, until } from '../support/clock.ts';
import { makePods } from './make-pods.ts';

const workers = 64;
/** Of a call, as the operator's client has it. */
const timeoutMs = 30_000;
const groups = ['hanging.example', 'apps', 'other.example'];

/** An API server of a few kinds; one group's calls get no answer, as of an aggregated API server that hangs. */
class HangingGroup implements KubeClient {
  /** What hangs: all that begins so. */
  prefix = '/apis/hanging.example/v1/namespaces/';
  hanging = 0;
  readonly written: string[] = [];
  readonly #clock: ManualClock;
  readonly #pods = new Map<string, KubeObject>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  put(pod: KubeObject): KubeObject {
    this.#pods.set(`${pod.metadata.namespace}/${pod.metadata.name}`, pod);
    return pod;
  }

  async request<T>(request: KubeRequest): Promise<T> {
    return (await this.#answer(request)) as T;
  }

  stream(): Promise<never> {
    throw new Error('not in this test');
  }

  async close(): Promise<void> {}

  async #answer(request: KubeRequest): Promise<unknown> {
    const { method, path, body } = request;
    if (this.prefix !== '' && path.startsWith(this.prefix)) {
      this.hanging++;
      await this.#clock.sleep(timeoutMs, request.signal).finally(() => this.hanging--);
      throw new ConnectionError('no answer', { code: 'REQUEST_TIMEOUT' });
    }
    const name = path.split('/').at(-1) ?? '';
    if (path === '/apis') {
      return {
        groups: groups.map((group) => ({ name: group, versions: [{ groupVersion: `${group}/v1` }] })),
      };
    }
    if (/^\/apis\/[^/]+\/v1$/.test(path)) {
      return { resources: [{ name: 'things', kind: 'Thing', namespaced: true }] };
    }
    if (method === 'GET') return { metadata: { name, uid: `uid-of-Thing-${name}` } };
    const key = `${path.split('/').at(-3)}/${name}`;
    this.written.push(key);
    const { annotations } = (body as KubeObject).metadata;
    return this.put(
      makePod({
        ...this.#pods.get(key)?.metadata,
        ...(annotations && { annotations }),
        resourceVersion: '11',
      }),
    );
  }
}

describe('Pods whose owners are read in vain', () => {
  let clock: ManualClock;
  let server: HangingGroup;
  let stop: AbortController;
  let ended: Promise<void>;
  let room: ReturnType<typeof makePods>;

  beforeEach(() => {
    clock = new ManualClock();
    server = new HangingGroup(clock);
    const reader = new OwnerReader({
      client: server,
      discovery: new Discovery({ client: server, clock, ttlMs: 10_000 }),
      clock,
      logger: silentLogger,
      workers,
    });
    const owners = new FollowedOwners({ reader, clock, logger: silentLogger });
    room = makePods({ client: server, clock, concurrency: workers, random: () => 0.5, owners });
    stop = new AbortController();
    ended = room.controller.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await clock.advance(2_000);
    await ended;
  });

  const create = (group: string, namespace: string, count: number) => {
    for (let index = 0; index < count; index++) {
      const name = `${group.split('.')[0]}-${index}`;
      const ownerReferences = [makeOwner(`${group}/v1`, 'Thing', name)];
      const pod = makePod({ namespace, name, uid: `${namespace}/${name}`, ownerReferences });
      room.store.upsert(server.put(pod), 'watch');
    }
  };
  /** In so many namespaces that their shares of the workers are all of them. */
  const flood = () => {
    for (let index = 0; index < workers; index++) create('hanging.example', `flooded-${index}`, 6);
  };
  const writes = (namespace: string) =>
    server.written.filter((pod) => pod.startsWith(`${namespace}/`)).length;

  for (const [what, prefix] of [
    ['owners', '/apis/hanging.example/v1/namespaces/'],
    ['the kinds of their group', '/apis/hanging.example/v1'],
  ] as const) {
    it(`keep those with other owners waiting for 5 s at the most, and then no more: no answer about ${what}`, async () => {
      server.prefix = prefix;
      flood();
      await until(() => server.hanging > 0, 'reads');
      create('other.example', 'first', 30);
      await clock.advance(5_000);
      expect(writes('first'), 'written after 5 s').to.equal(30);
      for (let second = 6; second < 90; second++) {
        await clock.advance(1_000);
        create('other.example', `later-${second}`, 10);
        await settle();
        expect(writes(`later-${second}`), `written at once after ${second} s`).to.equal(10);
      }
    });
  }

  it('are all written once there are answers', async () => {
    flood();
    await clock.advance(60_000);
    server.prefix = '';
    for (let index = 0; index < 20; index++) create('hanging.example', `more-${index}`, 1);
    await clock.advance(200_000);
    expect(server.written.length).to.equal(6 * workers + 20);
  });

  it('wait as long as they must for answers that are late, two thirds of the workers at a time', async () => {
    flood();
    await clock.advance(29_000);
    expect(server.hanging).to.equal(43);
  });
});
