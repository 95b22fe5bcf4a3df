import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { startGuard } from '../cluster/guard.ts';
import { buildGoProgram } from './go-program.ts';

/**
 * Prometheus' Kubernetes service discovery as a program of its own, which Debian leaves out of its Prometheus.
 * @returns its path
 */
export function buildDiscovery(): Promise<string> {
  return buildGoProgram({
    name: 'prometheus-discovery',
    title: "Prometheus' Kubernetes service discovery",
    source: fileURLToPath(new URL('./prometheus-discovery/', import.meta.url)),
    minutes: 1,
  });
}

/** The program at work. */
export interface RunningDiscovery {
  stop(): Promise<void>;
}

/**
 * Keeps what a kubernetes_sd_config finds in a file for file_sd_configs, labels (`__meta_kubernetes_...`) and all.
 * @param program see buildDiscovery
 */
export function startDiscovery(program: string, config: object, file: string): RunningDiscovery {
  const child = spawn(program, [stringify(config), file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const guard = startGuard();
  if (child.pid !== undefined) guard.add(child.pid);
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', resolve);
  });
  return {
    stop: async () => {
      child.kill();
      await ended;
      await guard.release();
    },
  };
}
