import dotI from '@dot-i/k8s-operator';
import type { PooledKubeConfig } from './kube/client/pooled-kubeconfig.ts';
import type { Logger } from './observability/logging.ts';
import { RunGroup } from './process/run-group.ts';

/**
 * @dot-i/k8s-operator's Operator as the base of ours: its life (init, start, stop), on our own connections. Its watches
 * and writes do not work with client-node 2, hide failures, or end the process; nothing here uses them.
 */
export abstract class OperatorShell extends dotI.default {
  /** The base's typed client is not for use: it knows no cluster, and the built program leaves its classes out. */
  declare protected k8sApi: never;
  /** What runs as long as the operator. */
  protected readonly parts: RunGroup;

  constructor(kubeConfig: PooledKubeConfig, logger: Logger) {
    const restore = hideAmbientKubeConfig();
    super(logger);
    restore();
    this.kubeConfig = kubeConfig;
    this.parts = new RunGroup({
      logger,
      onFailure: ({ message, cause }) =>
        logger.error({ err: cause }, `${message}; all work ends, and only a restart helps`),
    });
  }

  /** Ends the parts, the last started first, and resolves when they have ended. May be called twice. */
  override async stop(): Promise<void> {
    await this.parts.stop();
  }
}

/**
 * The base's constructor loads the default kubeconfig, only for us to replace it; a broken one must not end an
 * operator that was given another. @returns the function that undoes it
 */
function hideAmbientKubeConfig(): () => void {
  const { KUBECONFIG, HOME } = process.env;
  process.env.KUBECONFIG = '';
  process.env.HOME = '';
  return () => {
    for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
