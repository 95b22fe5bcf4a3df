import type { KubeObject } from '../../operator/kube/client/types.ts';
import { structured } from '../output/format.ts';
import type { Io } from '../program/io.ts';
import type { ChangeFormat, DryRun } from '../program/options.ts';
import { pluginReference } from './plugins.ts';

/** An object, as far as it is shown. */
interface Named {
  readonly metadata: Pick<KubeObject['metadata'], 'name' | 'managedFields'>;
}

/** Something that was done to a plugin. */
export interface Change<T extends Named = Named> {
  /** As in "created". */
  readonly done: string;
  readonly dryRun: DryRun;
  /** What is there now, or would be. */
  readonly object: T;
}

/** Says what was done, as kubectl does, or shows the object. */
export async function printChange(change: Change, format: ChangeFormat, io: Io): Promise<void> {
  const { done, dryRun, object } = change;
  if (format !== 'table') return await printObject(object, format, io);
  io.stdout.write(`${pluginReference(object.metadata.name)} ${done}${dryRunNote(dryRun)}\n`);
}

/** What stands behind that something was done when it was only tried out, as kubectl has it. */
export function dryRunNote(dryRun: DryRun): string {
  if (dryRun === undefined) return '';
  return dryRun === 'server' ? ' (server dry run)' : ' (dry run)';
}

/** Shows a plugin, or its name as kubectl takes it. */
export async function printObject(object: Named, format: 'json' | 'yaml' | 'name', io: Io): Promise<void> {
  const reference = `${pluginReference(object.metadata.name)}\n`;
  io.stdout.write(format === 'name' ? reference : await structured(readable(object), format));
}

/** An object as kubectl shows it: without managedFields, which nobody reads. */
export function readable(object: Named): object {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
