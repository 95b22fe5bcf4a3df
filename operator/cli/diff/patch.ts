import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { stringify } from 'yaml';
import { type PartName, type Parts, partNames } from '../cluster/parts.ts';

/** One side of a comparison. */
export interface Side {
  /** As the patch names it: `revision 3`, `generation 5`. */
  readonly title: string;
  readonly parts: Parts;
}

/**
 * The differences as a unified diff, the script as it is and each other part as YAML.
 * @returns the empty string when there is none
 */
export function patchOf(plugin: string, before: Side, after: Side): string {
  return partNames.map((name) => patchOfPart(name, plugin, before, after)).join('');
}

function patchOfPart(name: PartName, plugin: string, before: Side, after: Side): string {
  const [old, now] = [textOf(name, before.parts), textOf(name, after.parts)];
  if (old === now) return '';
  const file = `${plugin}/${name}${name === 'script' ? '.lua' : '.yaml'}`;
  return createTwoFilesPatch(file, file, old, now, before.title, after.title, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}

function textOf(name: PartName, parts: Parts): string {
  const value = parts[name];
  if (value === undefined) return '';
  return typeof value === 'string' ? value : stringify(value, { sortMapEntries: true });
}
