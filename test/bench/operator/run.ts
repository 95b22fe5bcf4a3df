import { availableParallelism, cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type KubeClient, PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { describeError } from '../../../operator/kube/client/errors.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { crdsDirectory, standInsDirectory } from '../../cluster/control-plane.ts';
import { type Cluster, startCluster } from '../../cluster/kwok.ts';
import type { Progress } from '../../cluster/progress.ts';
import { pinnedVersions } from '../../cluster/versions.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';
import { startBar } from './bar.ts';
import { type Creations, createAtRate } from './creations.ts';
import { idle } from './idle.ts';
import { comparePatchKinds } from './patch-kinds.ts';
import { createPlugin } from './plugin.ts';
import { Population } from './population.ts';
import { race } from './race.ts';
import type { Failure, Figures, Report } from './report.ts';
import { type Restart, restart } from './restart.ts';
import { changedPods, type Size } from './sizes.ts';
import { changeFew } from './small-change.ts';
import { type SubjectOptions, withSubject } from './subject.ts';
import type { World } from './world.ts';

/** What can be asked for by name; in the order in which it is measured. */
export const measures = ['restart', 'race', 'patch-kinds', 'creations', 'idle', 'small-change'] as const;
export type Measure = (typeof measures)[number];

export interface RunOptions {
  readonly size: Size;
  readonly wanted: ReadonlySet<Measure>;
  readonly subject: Omit<SubjectOptions, 'kubeconfig'>;
  readonly progress: Progress;
  /** Given the figures so far after each measure, so that none is lost when a later one ends the run. */
  readonly onReport: (report: Report) => Promise<void>;
}

/** kwok needs no more for so many Pods, and each Node's lease is a write now and then. */
const nodes = 10;
/** The Pods of one step are created and run within this time, also on a busy machine. */
const growTimeoutMs = 2 * 60 * 60_000;
/** For each such question the API server looks at every Pod. */
const pendingIntervalMs = 2_000;

/** Measures everything on one cluster, which grows from step to step. */
export async function run(options: RunOptions): Promise<Report> {
  const { size, progress } = options;
  const begin = performance.now();
  const cluster = await startCluster({ nodes, crds: [crdsDirectory, standInsDirectory], progress });
  try {
    await installWithoutPods(cluster);
    const kubeconfig = await cluster.serviceAccountKubeconfig(operatorAccount);
    const admin = clientOf(cluster.kubeconfigPath);
    const bare = clientOf(kubeconfig);
    const answers = { type: 'Turn0', canaryType: 'CanaryTurn0' };
    await createPlugin(admin, answers);
    const canaryEvery = (size.steps.at(-1) ?? 0) / changedPods;
    const population = new Population({ client: admin, nodes: cluster.nodes, canaryEvery });
    const subject = { kubeconfig, ...options.subject };
    const { kubernetes, etcd, kwok } = await pinnedVersions();
    const reportOf = (figures: Figures): Report => ({
      machine: { cores: availableParallelism(), cpu: cpus()[0]?.model ?? 'unknown', node: process.version },
      versions: { kubernetes, etcd, kwok },
      seconds: (performance.now() - begin) / 1000,
      ...figures,
    });
    const world = { cluster, admin, bare, population, subject, size, progress, answers };
    const figures = await measure(world, options, (soFar) => options.onReport(reportOf(soFar)));
    await Promise.all([admin.close(), bare.close()]);
    return reportOf(figures);
  } finally {
    await cluster.stop();
  }
}

/** The operator runs as a process here. Its own Deployment would get Pods, which are Pods like others. */
async function installWithoutPods({ kubectl }: Cluster): Promise<void> {
  const { namespace, name } = operatorAccount;
  await kubectl(['apply', '-k', baseDirectory]);
  await kubectl(['delete', 'deployment', name, '-n', namespace, '--cascade=foreground']);
}

/** Takes the measures in turn. One that fails is named, and the others are taken. */
async function measure(
  world: World,
  { size, wanted }: RunOptions,
  report: (figures: Figures) => Promise<void>,
): Promise<Figures> {
  const restarts: Restart[] = [];
  const creations: Creations[] = [];
  const failures: Failure[] = [];
  let figures: Figures = { restarts, creations, failures };
  const attempt = async (name: Measure, take: () => Promise<Partial<Figures>>) => {
    if (!wanted.has(name)) return;
    try {
      figures = { ...figures, ...(await take()) };
    } catch (error) {
      world.progress.line(`${name} failed: ${describeError(error)}`);
      failures.push({ measure: name, message: describeError(error) });
    }
    await report(figures);
  };
  const needsAll = (['restart', 'idle', 'small-change'] as const).some((name) => wanted.has(name));
  for (const step of size.steps) {
    if (!needsAll && step > size.racePods) break;
    await grow(world, step);
    await attempt('restart', async () => {
      restarts.push(await restart(world));
      return {};
    });
    if (step !== size.racePods) continue;
    await attempt('race', async () => ({ race: await race(world) }));
    await attempt('patch-kinds', async () => ({ patchKinds: await comparePatchKinds(world) }));
    for (const rate of size.creations) {
      await attempt('creations', async () => {
        creations.push(await createAtRate(world, rate));
        return {};
      });
    }
  }
  if (!wanted.has('idle') && !wanted.has('small-change')) return figures;
  await withSubject(world.subject, async (subject) => {
    await attempt('idle', async () => ({ idle: await idle(world, subject) }));
    await attempt('small-change', async () => ({ smallChange: await changeFew(world, subject) }));
  });
  return figures;
}

/** Creates Pods up to the step, and waits until all of them run. */
async function grow({ population, answers, progress, admin }: World, step: number): Promise<void> {
  const begin = performance.now();
  const before = population.pods.length;
  const show = startBar(progress, 'creating Pods', step - before);
  await population.grow(step, answers, (count) => show(count - before));
  while (await arePending(admin)) {
    if (performance.now() - begin > growTimeoutMs) throw new Error(`the Pods of step ${step} do not run`);
    progress.live('waiting until all of them run');
    await delay(pendingIntervalMs);
  }
  progress.line(`${step} Pods run, ${Math.round((performance.now() - begin) / 1000)} s for the new ones`);
}

async function arePending(admin: KubeClient): Promise<boolean> {
  const query = { fieldSelector: 'status.phase=Pending', limit: 1 };
  const { items } = await admin.request<{ items: unknown[] }>({ method: 'GET', path: '/api/v1/pods', query });
  return items.length > 0;
}

function clientOf(kubeconfig: string): PooledKubeClient {
  return new PooledKubeClient({ kubeConfig: loadKubeConfig({ path: kubeconfig }), version: 'bench' });
}
