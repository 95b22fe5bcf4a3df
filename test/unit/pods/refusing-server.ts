import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import type { ApiError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { makePod } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';
import { seededRandom } from '../support/random.ts';
import { makePods } from './make-pods.ts';

/** An API server that keeps Pods, applies patches, and refuses what the test says. */
export class RefusingServer implements KubeClient {
  /** Why a Pod's patch is refused; undefined: it passes. */
  refuses: (pod: KubeObject) => ApiError | undefined = () => undefined;
  readonly #pods = new Map<string, KubeObject>();
  /** Of which Pods, as namespace/name. */
  readonly patches = { passed: [] as string[], refused: [] as string[] };
  #version = 100;

  /** Makes a Pod, or changes all of it but the annotations that are not given. @returns it as it is then */
  put({ metadata }: KubeObject): KubeObject {
    const key = `${metadata.namespace}/${metadata.name}`;
    const annotations = { ...this.#pods.get(key)?.metadata.annotations, ...metadata.annotations };
    const pod = { metadata: { ...metadata, annotations, resourceVersion: `${++this.#version}` } };
    this.#pods.set(key, pod);
    return pod;
  }

  async request<T>({ method, path, body }: KubeRequest): Promise<T> {
    const [, namespace, name] = /^\/api\/v1\/namespaces\/(.+)\/pods\/(.+)$/.exec(path) ?? [];
    const key = `${namespace}/${name}`;
    const pod = this.#pods.get(key);
    if (method !== 'PATCH' || pod === undefined) throw new Error(`${method} ${path} is not in this test`);
    const refusal = this.refuses(pod);
    this.patches[refusal === undefined ? 'passed' : 'refused'].push(key);
    if (refusal !== undefined) throw refusal;
    const { annotations } = (body as KubeObject).metadata;
    return this.put({ metadata: { ...pod.metadata, ...(annotations && { annotations }) } }) as T;
  }

  stream(): Promise<never> {
    throw new Error('not in this test');
  }

  async close(): Promise<void> {}
}

/** The Pods' whole way from the store to the API server, with a clock that the test moves. */
export function startPods() {
  const clock = new ManualClock();
  const server = new RefusingServer();
  const { logger, lines } = recordingLogger();
  const { store, queue, controller, refusals, events, metrics, plugins, sandbox } = makePods({
    client: server,
    clock,
    random: seededRandom(1),
    logger,
    concurrency: 16,
  });
  let term = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  const start = () => {
    term = new AbortController();
    running = Promise.all([controller.run(term.signal), refusals.run(term.signal)]);
  };
  start();
  return {
    clock,
    server,
    store,
    events,
    queue,
    refusals,
    plugins,
    sandbox,
    start,
    stop: async () => {
      term.abort();
      await running;
    },
    /** What the log has at info and above. */
    told: () => lines.filter(({ level }) => level !== 'debug'),
    /** Makes or changes a Pod, and lets the watch tell. */
    put: (namespace: string, name: string, labels: Record<string, string> = {}) => {
      const uid = `uid-of-${namespace}-${name}`;
      store.upsert(server.put(makePod({ namespace, name, uid, labels })));
    },
    remove: (namespace: string, name: string) => store.remove(`uid-of-${namespace}-${name}`),
    /** Moves the clock, and waits until no Pod's turn is under way. */
    advance: async (ms: number) => {
      await clock.advance(ms);
      await queue.whenIdle();
    },
    metric: async (name: string) =>
      (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(name)),
  };
}
