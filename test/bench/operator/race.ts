import { mergePatch, metadataAccept } from '../../../operator/kube/client/client.ts';
import { startBar } from './bar.ts';
import { clusterPids, startCpu } from './cpu.ts';
import { inParallel } from './parallel.ts';
import { changePlugin } from './plugin.ts';
import { annotationsOf } from './population.ts';
import { concurrency } from './sizes.ts';
import { median } from './statistics.ts';
import { type Subject, withSubject } from './subject.ts';
import { nextAnswers, type World } from './world.ts';

/** One turn: every Pod written once. CPU times are milliseconds a write. */
export interface Turn {
  readonly seconds: number;
  /** Of who writes: the bare client's process, or the operator's. */
  readonly clientMs: number;
  /** Of the operator's sandbox host; none in the floor's turn. */
  readonly sandboxMs: number;
  readonly apiServerMs: number;
  /** All of these, etcd, the controller manager and kwok. */
  readonly allMs: number;
}

export interface Round {
  readonly first: 'floor' | 'operator';
  readonly floor: Turn;
  readonly operator: Turn;
  /** How many times as long as the floor the operator takes. */
  readonly ratio: number;
  /** How many times as much CPU time all processes take together: what else the machine does changes it little. */
  readonly cpuRatio: number;
}

export interface Race {
  readonly pods: number;
  readonly concurrency: number;
  readonly rounds: readonly Round[];
  readonly medianRatio: number;
  readonly medianCpuRatio: number;
}

/**
 * Floor and operator in turns, since a machine's speed drifts; who goes first alternates. The floor is a bare pooled
 * client that sends the very PATCHes that the operator would, while no operator runs. The operator's turn goes from
 * the change of the plugin to the last Pod annotated.
 */
export async function race(world: World): Promise<Race> {
  const rounds: Round[] = [];
  for (let round = 0; round < world.size.rounds; round += 1) {
    const first = round % 2 === 0 ? 'floor' : 'operator';
    world.progress.line(`race, round ${round + 1} of ${world.size.rounds}`);
    const early = first === 'floor' ? await floorTurn(world) : undefined;
    const operator = await withSubject(world.subject, (subject) => operatorTurn(world, subject));
    const floor = early ?? (await floorTurn(world));
    const ratio = operator.seconds / floor.seconds;
    rounds.push({ first, floor, operator, ratio, cpuRatio: operator.allMs / floor.allMs });
  }
  return {
    pods: world.population.pods.length,
    concurrency,
    rounds,
    medianRatio: median(rounds.map(({ ratio }) => ratio)),
    medianCpuRatio: median(rounds.map(({ cpuRatio }) => cpuRatio)),
  };
}

async function floorTurn(world: World): Promise<Turn> {
  const { admin, bare, population, progress } = world;
  const { pods } = population;
  const answers = nextAnswers(world.answers);
  await changePlugin(admin, answers);
  world.answers = answers;
  const measured = startTurn(world, { client: process.pid });
  const patch = (pod: (typeof pods)[number]) =>
    bare.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`,
      contentType: mergePatch,
      accept: metadataAccept,
      body: { metadata: { uid: pod.uid, annotations: annotationsOf(pod, answers) } },
    });
  await inParallel(pods, concurrency, patch, startBar(progress, 'floor', pods.length));
  return measured();
}

async function operatorTurn(world: World, subject: Subject): Promise<Turn> {
  const { admin, population, progress } = world;
  const { pods } = population;
  const before = await subject.writes();
  if (before > 0) throw new Error(`the operator wrote ${before} of the resolved Pods when it started`);
  world.answers = nextAnswers(world.answers);
  const measured = startTurn(world, { client: subject.pid, sandbox: subject.hostPid });
  await changePlugin(admin, world.answers);
  await subject.whenWritten(pods.length, startBar(progress, 'operator', pods.length));
  return measured();
}

/** @returns asked at the turn's end: what it took */
function startTurn(
  { cluster, population }: World,
  writer: { readonly client: number; readonly sandbox?: number },
): () => Turn {
  const cpu = startCpu<string>({ ...writer, ...clusterPids(cluster.directory) });
  const begin = performance.now();
  return () => {
    const seconds = (performance.now() - begin) / 1000;
    const taken = cpu();
    const perWrite = (cpuSeconds = 0) => (cpuSeconds * 1000) / population.pods.length;
    return {
      seconds,
      clientMs: perWrite(taken.client),
      sandboxMs: perWrite(taken.sandbox),
      apiServerMs: perWrite(taken['kube-apiserver']),
      allMs: perWrite(Object.values(taken).reduce((sum, one) => sum + one, 0)),
    };
  };
}
