import { once } from 'node:events';
import { streamProgress } from '../cluster/progress.ts';
import { streamNarrator } from './narrator.ts';
import { story } from './story.ts';
import { World } from './world.ts';

/**
 * `make demo`: tells the story on the terminal. Without a terminal it ends with 0 when every step showed what it
 * should, and with 1 at the first that did not; with one it stays until Ctrl-C.
 */
const begin = Date.now();
const narrator = streamNarrator(process.stdout);
const interrupted = once(process, 'SIGINT').then(() => 'interrupted' as const);

narrator.step('Start a real API server and etcd, for this demo only');
const world = await World.start(narrator, streamProgress(process.stderr));
narrator.fact(`kube-apiserver listens on ${world.plane.server}`);
try {
  await tellStory();
  narrator.fact(`all of it took ${((Date.now() - begin) / 1000).toFixed(1)} s`);
  if (process.stdout.isTTY) await stay();
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`\nThe demo failed: ${(error as Error).message}\n`);
} finally {
  await world.stop();
}
process.exit();

async function tellStory(): Promise<void> {
  for (const { title, run } of story) {
    narrator.step(title);
    const outcome = await Promise.race([run(world), interrupted]);
    if (outcome === 'interrupted') throw new Error('interrupted');
  }
}

async function stay(): Promise<void> {
  narrator.fact('API server and operator stay up until Ctrl-C; in another terminal:');
  narrator.command(`export KUBECONFIG=${world.plane.kubeconfigPath}`);
  narrator.command(`${world.plane.kubectlPath} apply -f examples/label.yaml`);
  narrator.command(`curl -s ${world.operator.url}/metrics | grep luaplugin_`);
  await interrupted;
}
