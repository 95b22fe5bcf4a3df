// `make cluster`: an API server with the custom resource definitions, until Ctrl-C.
import { crdsDirectory, standInsDirectory, startControlPlane } from './control-plane.ts';

async function main(): Promise<void> {
  const plane = await startControlPlane({ crds: [crdsDirectory, standInsDirectory] });
  process.stdout.write(`The API server is at ${plane.server}, with the LuaPlugin resource and no controllers.

  export KUBECONFIG=${plane.kubeconfigPath}
  alias kubectl=${plane.kubectlPath}

With both lines in another terminal, this runs the operator there:

  kubectl create namespace luaplugin-system
  make run

Ctrl-C ends it and removes everything in it.
`);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
  });
  await plane.stop();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
