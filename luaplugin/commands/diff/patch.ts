import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatch, structuredPatch } from 'diff';
import { stringify } from 'yaml';
import { type PartName, type Parts, partNames } from '../../cluster/parts.ts';

/**
 * Removed and added lines up to which the shortest difference is looked for. The time for it grows with their square:
 * two scripts of 8,000 lines that have none in common took two minutes.
 */
const maxEdits = 2_000;

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
  const compare = (from: string, to: string) =>
    structuredPatch(file, file, from, to, before.title, after.title, { context: 3 });
  const shortest = structuredPatch(file, file, old, now, before.title, after.title, {
    context: 3,
    maxEditLength: maxEdits,
  });
  return formatPatch(shortest ?? replaced(compare(old, ''), compare('', now)), FILE_HEADERS_ONLY);
}

/** Two texts that have little in common: first all of the one goes, then all of the other comes. */
function replaced(removal: StructuredPatch, addition: StructuredPatch): StructuredPatch {
  const [removed, added] = [removal.hunks[0], addition.hunks[0]];
  if (removed === undefined || added === undefined) return removed === undefined ? addition : removal;
  const { oldStart, oldLines } = removed;
  const { newStart, newLines } = added;
  const lines = [...removed.lines, ...added.lines];
  return { ...removal, hunks: [{ oldStart, oldLines, newStart, newLines, lines }] };
}

function textOf(name: PartName, parts: Parts): string {
  const value = parts[name];
  if (value === undefined) return '';
  return typeof value === 'string' ? value : stringify(value, { sortMapEntries: true });
}
