import {
  applyPatch,
  jsonPatch,
  type KubeRequest,
  mergePatch,
  metadataAccept,
  strategicMergePatch,
} from '../../../operator/kube/client/client.ts';
import { clusterPids, startCpu } from './cpu.ts';
import { inParallel } from './parallel.ts';
import type { Answers } from './plugin.ts';
import { annotationsOf, type KnownPod } from './population.ts';
import { concurrency } from './sizes.ts';
import { median } from './statistics.ts';
import { nextAnswers, type World } from './world.ts';

/** One kind of PATCH: medians of its rounds. */
export interface PatchKind {
  readonly kind: string;
  readonly writesPerSecond: number;
  /** Milliseconds of the API server's CPU time a write. */
  readonly apiServerMs: number;
}

type Content = Pick<KubeRequest, 'contentType' | 'body' | 'query'>;
type Annotations = Readonly<Record<string, string>>;

/** The same change of annotations in each kind, with the Pod's UID as precondition. */
const kinds: Readonly<Record<string, (pod: KnownPod, annotations: Annotations) => Content>> = {
  merge: ({ uid }, annotations) => ({ contentType: mergePatch, body: { metadata: { uid, annotations } } }),
  json: ({ uid }, annotations) => ({
    contentType: jsonPatch,
    body: [
      { op: 'test', path: '/metadata/uid', value: uid },
      ...Object.entries(annotations).map(([key, value]) => ({
        op: 'add',
        path: `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        value,
      })),
    ],
  }),
  strategic: ({ uid }, annotations) => ({
    contentType: strategicMergePatch,
    body: { metadata: { uid, annotations } },
  }),
  apply: ({ uid, name }, annotations) => ({
    contentType: applyPatch,
    query: { fieldManager: 'bench', force: true },
    body: { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid, annotations } },
  }),
};

/** Which kind of PATCH is the cheapest: all kinds in turns, on the same few Pods. */
export async function comparePatchKinds(world: World): Promise<PatchKind[]> {
  const { size, population, bare, progress, cluster } = world;
  const pods = population.pods.slice(0, size.patches);
  const names = Object.keys(kinds);
  const turns = new Map(names.map((kind) => [kind, { rates: [] as number[], cpu: [] as number[] }]));
  const patchAll = (kind: string, answers: Answers) =>
    inParallel(pods, concurrency, (pod) =>
      bare.request({
        method: 'PATCH',
        path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`,
        accept: metadataAccept,
        ...kinds[kind]?.(pod, annotationsOf(pod, answers)),
      }),
    );
  let answers = world.answers;
  for (let round = 0; round < size.rounds; round += 1) {
    progress.line(`kinds of PATCH, round ${round + 1} of ${size.rounds}`);
    for (const kind of round % 2 === 0 ? names : names.toReversed()) {
      answers = nextAnswers(answers);
      const cpu = startCpu(clusterPids(cluster.directory));
      const begin = performance.now();
      await patchAll(kind, answers);
      turns.get(kind)?.rates.push(pods.length / ((performance.now() - begin) / 1000));
      turns.get(kind)?.cpu.push((cpu()['kube-apiserver'] * 1000) / pods.length);
    }
  }
  await patchAll('merge', world.answers);
  return [...turns].map(([kind, { rates, cpu }]) => ({
    kind,
    writesPerSecond: median(rates),
    apiServerMs: median(cpu),
  }));
}
