import { expect } from 'chai';
import { podWriteConnections } from '../../../operator/kube/client/agents.ts';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { FairGate } from '../../../operator/kube/queue/fair-gate.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { eventually } from '../../support/eventually.ts';
import { HttpServer } from '../kube/http-server.ts';

const podsOfEach = 2_000;

describe('A namespace whose webhook is slow', () => {
  let server: HttpServer;
  let client: PooledKubeClient;
  let queue: WorkQueue;
  let stop: AbortController;
  let ended: Promise<void>;
  /** Writes that were answered, by namespace. */
  let written: Map<string, number>;
  /** How the server treats the writes of a namespace. */
  let treat: (namespace: string, end: () => void) => void;

  const writes = (namespace: string) => written.get(namespace) ?? 0;
  const sweep = (namespace: string) => {
    for (let index = 0; index < podsOfEach; index++) queue.add(`${namespace}/pod-${index}`);
  };

  beforeEach(async () => {
    written = new Map();
    server = new HttpServer();
    server.answer = ({ path }, response) => {
      const [namespace = '', , name = ''] = path.split('/').slice(-3);
      treat(namespace, () => {
        written.set(namespace, writes(namespace) + 1);
        response.end(JSON.stringify({ metadata: { uid: `${namespace}/${name}` } }));
      });
    };
    await server.start();
    client = new PooledKubeClient({ kubeConfig: server.kubeConfig(), version: 'test' });
    // The parts and numbers of an operator with the default config.
    const writer = new PodWriter({
      client,
      keys: new AnnotationKeys('luaplugin.dev'),
      limiter: { take: () => Promise.resolve() },
      gate: new FairGate(podWriteConnections),
      onWrite: () => {},
    });
    stop = new AbortController();
    queue = new WorkQueue({
      name: 'pod',
      concurrency: 64,
      flowOf: (uid) => uid.split('/')[0] ?? '',
      maxDelayMs: 60_000,
      logger: silentLogger,
    });
    ended = queue.run(stop.signal, async (uid) => {
      const [namespace = '', name = ''] = uid.split('/');
      await writer.write(
        { namespace, name, uid },
        { type: 'Deployment', name: 'web', resolvedBy: 'standard' },
      );
    });
  });

  afterEach(async () => {
    queue.clear();
    stop.abort();
    treat = (_namespace, end) => end();
    await client.close();
    await server.stop();
    await ended;
  });

  it('costs another little: while it gets 24 writes of 2 s, one of 5 ms gets ten times the 42 that turns alone would give it', async () => {
    treat = (namespace, end) => setTimeout(end, namespace === 'slow' ? 2_000 : 5);
    sweep('slow');
    sweep('fast');
    await eventually('24 slow writes', () => writes('slow') >= 24);
    expect(writes('fast'), `beside ${writes('slow')} slow ones`).to.be.at.least(420);
  });

  it('keeps none from being written whole, even if it gets no answer and had all workers to itself before', async () => {
    treat = (namespace, end) => {
      if (namespace === 'fast') end();
    };
    sweep('slow');
    await eventually('the slow writes', () => server.calls.length === 11);
    sweep('fast');
    await eventually('all other Pods to be written', () => writes('fast') === podsOfEach);
  });

  it('keeps none from it together with six others of its kind', async () => {
    treat = (namespace, end) => {
      if (namespace === 'fast') end();
    };
    for (let index = 0; index < 7; index++) sweep(`slow-${index}`);
    sweep('fast');
    await eventually('all other Pods to be written', () => writes('fast') === podsOfEach);
  });
});
