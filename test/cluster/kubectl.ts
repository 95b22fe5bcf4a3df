import { spawn } from 'node:child_process';

/** What kubectl said. */
export interface KubectlResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
}

export interface KubectlOptions {
  /** The kubeconfig to use instead of the administrator's. */
  readonly kubeconfig?: string;
  /** What kubectl reads from stdin, for `-f -`. */
  readonly input?: string;
  /** Return a failure like any other result instead of throwing. */
  readonly allowFailure?: boolean;
}

export type Kubectl = (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;

/**
 * A function that runs kubectl. It throws an Error with kubectl's own words when the exit code is not 0,
 * unless `allowFailure` is given.
 * @param cacheDirectory where kubectl keeps what it discovered, away from the user's home.
 */
export function createKubectl(binary: string, adminKubeconfig: string, cacheDirectory: string): Kubectl {
  return async (args, { kubeconfig = adminKubeconfig, input, allowFailure = false } = {}) => {
    const child = spawn(binary, args, {
      env: {
        PATH: process.env.PATH,
        HOME: cacheDirectory,
        KUBECONFIG: kubeconfig,
        KUBECACHEDIR: cacheDirectory,
      },
    });
    child.stdin.on('error', () => {}); // kubectl may end before it has read everything
    child.stdin.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0 && !allowFailure) {
      throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
    }
    return { stdout, stderr, code };
  };
}
