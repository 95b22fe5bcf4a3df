import { fileURLToPath } from 'node:url';
import { onFreePort } from './free-port.ts';
import { buildGoProgram } from './go-program.ts';
import { type StopServer, startServerProgram } from './server-program.ts';

/**
 * An OpenTelemetry collector with the OTLP receiver, the k8sattributes processor and the OTLP/HTTP exporter.
 * @returns its path
 */
export function buildCollector(): Promise<string> {
  return buildGoProgram({
    name: 'opentelemetry-collector',
    title: 'an OpenTelemetry collector',
    source: fileURLToPath(new URL('./opentelemetry-collector/', import.meta.url)),
    minutes: 3,
  });
}

/** A collector's config; what its parts take is up to them. */
export interface CollectorConfig {
  readonly receivers: Readonly<Record<string, object>>;
  readonly processors: Readonly<Record<string, object>>;
  readonly exporters: Readonly<Record<string, object>>;
  readonly service: object;
}

/** A collector at work. */
export interface RunningCollector {
  /** Where it takes OTLP over HTTP. */
  readonly url: string;
  readonly stop: StopServer;
}

/**
 * Starts a collector, with its OTLP receiver on a free port of 127.0.0.1, for HTTP only.
 * @param program see buildCollector
 * @param kubeconfig what its processors with `auth_type: kubeConfig` use
 */
export async function startCollector(
  program: string,
  config: CollectorConfig,
  kubeconfig: string,
): Promise<RunningCollector> {
  return await onFreePort(async (port) => {
    const endpoint = `127.0.0.1:${port}`;
    const url = `http://${endpoint}`;
    const here = {
      ...config,
      receivers: { ...config.receivers, otlp: { protocols: { http: { endpoint } } } },
      // Its own metrics would take port 8888.
      service: { ...config.service, telemetry: { metrics: { level: 'none' } } },
    };
    const stop = await startServerProgram({
      name: 'the OpenTelemetry collector',
      command: program,
      args: [`--config=yaml:${JSON.stringify(here)}`],
      env: { KUBECONFIG: kubeconfig },
      // Of what it has under / it says 404, once it listens.
      isReady: async () => (await fetch(url)).status === 404,
    });
    return { url, stop };
  });
}
