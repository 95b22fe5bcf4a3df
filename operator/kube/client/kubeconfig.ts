import { accessSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Clock } from '../../time/clock.ts';
import { describeError, KubeConfigError } from './errors.ts';
import { PooledKubeConfig } from './pooled-kubeconfig.ts';

export { KubeConfigError, PooledKubeConfig };

/** Where kubelet mounts a Pod's service account. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

export interface LoadKubeConfigOptions {
  /** The file to read; absent, $KUBECONFIG, then ~/.kube/config, then the Pod's service account. */
  readonly path?: string | undefined;
  /** The context to use; absent, the file's current-context. */
  readonly context?: string | undefined;
  readonly clock?: Clock;
}

/**
 * Loads the kubeconfig as kubectl would find it.
 * @throws KubeConfigError with one line that says which file is missing, unreadable or incomplete.
 */
export function loadKubeConfig(options: LoadKubeConfigOptions = {}): PooledKubeConfig {
  const files = options.path ? [options.path] : defaultFiles();
  const config = new PooledKubeConfig(options.clock);
  if (files.length === 0) {
    if (!isReadable(serviceAccountToken)) {
      throw new KubeConfigError(
        'no kubeconfig: give a path, set KUBECONFIG, create ~/.kube/config, or run in a Pod with a service account',
      );
    }
    config.loadFromCluster();
    useContext(config, options.context, "of the Pod's service account");
    return config;
  }
  for (const [index, file] of files.entries()) {
    const part = index === 0 ? config : new PooledKubeConfig();
    loadFile(part, file);
    if (part !== config) merge(config, part, file);
  }
  useContext(config, options.context, files.join(delimiter));
  return config;
}

/** The files that exist among those of $KUBECONFIG (missing ones are skipped, as kubectl does), or the default. */
function defaultFiles(): string[] {
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const existing = named.filter(isReadable);
  if (named.length > 0 && existing.length === 0) {
    throw new KubeConfigError(`cannot read the kubeconfig named by KUBECONFIG: ${named.join(delimiter)}`);
  }
  if (existing.length > 0) return existing;
  const inHome = join(homedir(), '.kube', 'config');
  return isReadable(inHome) ? [inHome] : [];
}

function loadFile(config: PooledKubeConfig, file: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubeConfigError(`cannot read the kubeconfig ${file}: ${describeError(error)}`, {
      cause: error,
    });
  }
  try {
    config.loadFromString(text);
    config.makePathsAbsolute(dirname(file));
    useTokenFiles(config, text, dirname(file));
  } catch (error) {
    throw new KubeConfigError(`the kubeconfig ${file} is not valid: ${describeError(error)}`, {
      cause: error,
    });
  }
}

interface RawKubeConfig {
  users?: { name: string; user?: { tokenFile?: string } }[];
}

/** client-node does not know `tokenFile`, but it does re-read the token files of its own `tokenFile` provider. */
function useTokenFiles(config: PooledKubeConfig, text: string, directory: string): void {
  const raw: RawKubeConfig = parse(text);
  const files = new Map(raw.users?.map(({ name, user }) => [name, user?.tokenFile]));
  config.users = config.users.map((user) => {
    const file = files.get(user.name);
    if (!file) return user;
    const { token, ...rest } = user;
    return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(directory, file) } } };
  });
}

function merge(config: PooledKubeConfig, part: PooledKubeConfig, file: string): void {
  try {
    config.mergeConfig(part, Boolean(config.currentContext));
  } catch (error) {
    throw new KubeConfigError(`cannot merge the kubeconfig ${file}: ${describeError(error)}`, {
      cause: error,
    });
  }
}

function useContext(config: PooledKubeConfig, wanted: string | undefined, files: string): void {
  if (wanted !== undefined) config.setCurrentContext(wanted);
  const current = config.currentContext;
  if (!current) throw new KubeConfigError(`the kubeconfig ${files} sets no current-context`);
  if (!config.getContextObject(current)) {
    const others = config.contexts.map(({ name }) => name).join(', ') || 'none';
    const which = wanted === undefined ? ', its current-context' : `; it has: ${others}`;
    throw new KubeConfigError(`the kubeconfig ${files} has no context "${current}"${which}`);
  }
  if (!config.getCurrentCluster()) {
    throw new KubeConfigError(`the kubeconfig ${files} has no cluster for its context "${current}"`);
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
