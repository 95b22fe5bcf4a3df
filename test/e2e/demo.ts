import { streamProgress } from '../cluster/progress.ts';
import { streamNarrator } from './narrator.ts';
import { story } from './story.ts';
import { World } from './world.ts';

/**
 * `make demo`: tells the story on the terminal. Without a terminal it ends with 0 when every step showed what it
 * should, and with 1 at the first that did not; with one it stays until Ctrl-C.
 */
const narrator = streamNarrator(process.stdout);
// Kept on: a second signal must not cut the tidying up short.
const interrupted = new Promise<'interrupted'>((resolve) => {
  process.on('SIGINT', () => resolve('interrupted'));
});
let world: World | undefined;

try {
  narrator.step('Start a real API server and etcd, for this demo only');
  world = await World.start(narrator, streamProgress(process.stderr));
  narrator.fact(`kube-apiserver listens on ${world.plane.server}`);
  const begin = Date.now();
  if (await tellStory(world)) {
    const seconds = ((Date.now() - begin) / 1000).toFixed(1);
    narrator.fact(`every step showed what it should; the story took ${seconds} s`);
    if (process.stdout.isTTY) await stay(world);
    else
      narrator.fact('next: docs/plugins.md to write a plugin, `make cluster` for an API server to try it on');
  }
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`\nerror: the demo failed: ${(error as Error).message}\n`);
} finally {
  await world?.stop();
}
process.exit();

/** @returns false when Ctrl-C ended it */
async function tellStory(where: World): Promise<boolean> {
  for (const { title, run } of story) {
    narrator.step(title);
    if ((await Promise.race([run(where), interrupted])) === 'interrupted') return false;
  }
  return true;
}

async function stay({ plane, operator }: World): Promise<void> {
  narrator.fact('API server and operator stay up until Ctrl-C; in another terminal:');
  narrator.output(`
  export KUBECONFIG=${plane.kubeconfigPath}
  alias kubectl=${plane.kubectlPath}
  kubectl apply -f examples/label.yaml -f examples/pods/label.yaml
  kubectl get pod checkout-blue-1 -o yaml
  curl -s ${operator.url}/metrics | grep luaplugin_
`);
  await interrupted;
}
