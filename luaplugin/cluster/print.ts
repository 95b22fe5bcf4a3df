import type { KubeObject } from '../../operator/kube/client/types.ts';
import { structured } from '../output/format.ts';
import type { Io } from '../program/io.ts';
import type { ChangeFormat, DryRun } from './options.ts';
import { pluginReference } from './plugins.ts';

/** Something that was done to a plugin. */
export interface Change {
  readonly name: string;
  /** As in "created". */
  readonly done: string;
  readonly dryRun: DryRun | undefined;
  /** What is there now, or would be. */
  readonly object: object;
}

const rehearsals = { client: ' (dry run)', server: ' (server dry run)' } as const;

/** Says what was done, as kubectl does, or shows the object. */
export async function printChange(change: Change, format: ChangeFormat, io: Io): Promise<void> {
  const { name, done, dryRun, object } = change;
  if (format !== 'table') return await printObject(name, object, format, io);
  const rehearsal = dryRun === undefined ? '' : rehearsals[dryRun];
  io.stdout.write(`${pluginReference(name)} ${done}${rehearsal}\n`);
}

/** Shows a plugin, or its name as kubectl takes it. */
export async function printObject(
  name: string,
  object: object,
  format: 'json' | 'yaml' | 'name',
  io: Io,
): Promise<void> {
  io.stdout.write(
    format === 'name' ? `${pluginReference(name)}\n` : await structured(readable(object), format),
  );
}

/** An object as kubectl shows it: without managedFields, which nobody reads. */
export function readable<T extends object>(object: T): T {
  if (!('metadata' in object)) return object;
  const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'];
  return { ...object, metadata };
}
