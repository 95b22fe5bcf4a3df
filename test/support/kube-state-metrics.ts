import { fileURLToPath } from 'node:url';
import { freePort, onFreePort } from './free-port.ts';
import { buildGoProgram } from './go-program.ts';
import { type StopServer, startServerProgram } from './server-program.ts';

/**
 * kube-state-metrics, as its project releases it.
 * @returns its path
 */
export function buildKubeStateMetrics(): Promise<string> {
  return buildGoProgram({
    name: 'kube-state-metrics',
    title: 'kube-state-metrics',
    source: fileURLToPath(new URL('./kube-state-metrics/', import.meta.url)),
    package: 'k8s.io/kube-state-metrics/v2',
    minutes: 2,
  });
}

/** kube-state-metrics at work. */
export interface RunningKubeStateMetrics {
  /** Where it serves /metrics: host and port. */
  readonly address: string;
  /** The labels of each series of a metric, as it serves them now. */
  series(metric: string): Promise<readonly Readonly<Record<string, string>>[]>;
  readonly stop: StopServer;
}

/**
 * Starts it on a free port of 127.0.0.1.
 * @param program see buildKubeStateMetrics
 * @param flags beside those about its connections
 */
export async function startKubeStateMetrics(
  program: string,
  kubeconfig: string,
  flags: readonly string[],
): Promise<RunningKubeStateMetrics> {
  const { address, stop } = await onFreePort(async (port) => {
    const address = `127.0.0.1:${port}`;
    const connections = [
      `--kubeconfig=${kubeconfig}`,
      '--host=127.0.0.1',
      `--port=${port}`,
      '--telemetry-host=127.0.0.1',
      `--telemetry-port=${await freePort()}`,
    ];
    const stop = await startServerProgram({
      name: 'kube-state-metrics',
      command: program,
      args: [...connections, ...flags],
      isReady: async () => (await fetch(`http://${address}/healthz`)).ok,
    });
    return { address, stop };
  });
  return {
    address,
    stop,
    series: async (metric) => {
      const text = await (await fetch(`http://${address}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
      return lines.map((line) =>
        Object.fromEntries([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value])),
      );
    },
  };
}
