import { join } from 'node:path';
import { expect } from 'chai';
import { readLibrary } from '../../build/generate/library.ts';
import { crdsDirectory } from '../cluster/control-plane.ts';
import { type Cluster, startCluster } from '../cluster/kwok.ts';
import { type RunningOperator, startOperator } from '../cluster/operator.ts';
import { root } from '../e2e/world.ts';
import { eventually } from '../support/eventually.ts';
import { goBuildTimeoutMs } from '../support/go-program.ts';
import { operatorAccount } from '../support/operator.ts';
import type { Controller, Sample } from './controller.ts';
import { controllers } from './controllers.ts';
import { Observer, type Row } from './observe.ts';
import { controllerLine, linesOf, page, sampleLines, writeLines } from './page.ts';
import { type RunningController, startController } from './start.ts';

/** The first run builds the programs of the cluster. */
const startTimeoutMs = 30 * 60_000;
/** While the page is written anew an answer counts when it is the same for so long. */
const settledMs = 15_000;

const isUpdate = Boolean(process.env.UPDATE_GOLDEN);
const order = controllers.map(({ name }) => name);

describe('the Pods that real controllers make', () => {
  let cluster: Cluster | undefined;
  let operator: RunningOperator | undefined;
  const shown: string[] = [];

  before(
    'start a cluster, and the operator as its service account with all plugins of the library',
    async function () {
      this.timeout(startTimeoutMs);
      cluster = await startCluster({ crds: [crdsDirectory] });
      const { kubectl } = cluster;
      await kubectl(['apply', '-k', join(root, 'config/base')]);
      const plugins = (await readLibrary()).map(({ name }) =>
        join(root, `examples/library/${name}/luaplugin.yaml`),
      );
      await kubectl(['apply', ...plugins.flatMap((file) => ['-f', file])]);
      const kubeconfig = await cluster.serviceAccountKubeconfig(operatorAccount);
      operator = await startOperator({ kubeconfig, logLevel: 'info' });
      const { url } = operator;
      await eventually('the operator to be ready', async () => (await fetch(`${url}/readyz`)).ok);
    },
  );

  after('stop them, and print the table', async () => {
    await operator?.stop();
    await cluster?.stop();
    process.stdout.write(`\n${shown.join('\n')}\n`);
  });

  for (const controller of controllers) {
    const { name, module, version } = controller;
    it(`${name}: each Pod that ${module} ${version} makes carries the workload that the page says`, async function () {
      this.timeout(goBuildTimeoutMs);
      if (cluster === undefined) throw new Error('there is no cluster');
      const head = controllerLine(controller);
      const golden = isUpdate ? [] : await linesOf(controller);
      if (!isUpdate) expect(golden, update).to.contain(head);
      await cluster.kubectl(['create', 'namespace', name]);
      const running = await startController(cluster, controller, name);
      try {
        const lines: string[] = [];
        for (const sample of controller.samples) {
          const wanted = golden.filter((line) => line.startsWith(`| ${name} | ${sample.title} | `));
          const found = await observed(cluster, controller, sample, wanted, running);
          lines.push(...found);
          shown.push(...found);
        }
        if (isUpdate) await writeLines(controller, head, lines, order);
        else expect([head, ...lines], update).to.deep.equal(golden);
      } finally {
        await running.stop();
      }
    });
  }

  it("needed no right but the operator's own", async () => {
    const { url } = operator ?? expect.fail('there is no operator');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).to.contain('luaplugin_owner_reads_total{result="forbidden"} 0\n');
  });
});

const update = `run it with UPDATE_GOLDEN=1 when ${page} should change`;

/** Applies a sample and waits for its Pods. @returns their lines */
async function observed(
  cluster: Cluster,
  controller: Controller,
  sample: Sample,
  wanted: readonly string[],
  running: RunningController,
): Promise<string[]> {
  const { name } = controller;
  const observer = new Observer(cluster, name);
  const earlier = controller.samples.slice(0, controller.samples.indexOf(sample));
  const known = earlier.flatMap(({ pods }) => pods.map(({ pod }) => pod));
  let last = '';
  let since = Date.now();
  const isSettled = (rows: readonly Row[]) => {
    const text = JSON.stringify(rows);
    if (text !== last) [last, since] = [text, Date.now()];
    return rows.every(({ came }) => came !== '') && Date.now() - since > settledMs;
  };
  try {
    await eventually(`the samples of ${name} to be taken`, async () => {
      if (running.hasEnded()) return true;
      const input = sample.manifests;
      await cluster.kubectl(['apply', '--server-side', '-n', name, '-f', '-'], { input });
      return true;
    });
    const lines = await eventually(`the Pods of ${sample.title}`, async () => {
      if (running.hasEnded()) return 'ended';
      const rows = await observer.rows(sample.pods, known);
      const lines = sampleLines(controller, sample, rows);
      if (isUpdate) return isSettled(rows) && lines;
      expect(lines.join('\n'), lines.join('\n')).to.equal(wanted.join('\n'));
      return lines;
    });
    if (lines === 'ended') throw new Error(`${name} ended by itself`);
    return lines;
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await running.log()}`, { cause: error });
  }
}
