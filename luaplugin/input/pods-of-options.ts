import { UsageError } from '../program/definition.ts';
import type { Io } from '../program/io.ts';
import { type PodInputs, readPods } from './pods.ts';
import { stdinArgument } from './text.ts';

/** The options that say which Pods a plugin is asked about. */
export interface PodOptions {
  readonly metadata?: string;
  readonly pods?: string;
}

/**
 * Finds the faults of a command line before anything is read.
 * @param plugin the argument that names the plugin
 * @throws UsageError
 */
export function checkPodOptions(plugin: string, { metadata, pods }: PodOptions): void {
  if (metadata === undefined && pods === undefined) {
    throw new UsageError('say whom to ask about: --metadata <file>, or --pods <file>');
  }
  if ([plugin, metadata, pods].filter((path) => path === stdinArgument).length > 1) {
    throw new UsageError('only one of the plugin, --metadata and --pods can be - (standard input)');
  }
}

/** Reads the Pods of both options. */
export async function podsOfOptions(
  { metadata, pods }: PodOptions,
  io: Pick<Io, 'stdin'>,
): Promise<PodInputs> {
  const inputs: PodInputs[] = [];
  for (const path of [metadata, pods]) if (path !== undefined) inputs.push(await readPods(path, io));
  return {
    pods: inputs.flatMap((input) => input.pods),
    namespaces: new Map(inputs.flatMap((input) => [...input.namespaces])),
  };
}
