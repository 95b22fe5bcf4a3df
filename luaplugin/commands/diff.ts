import { FILE_HEADERS_ONLY, formatPatch, type StructuredPatch, structuredPatch } from 'diff';
import { stringify } from 'yaml';
import type { LuaPlugin } from '../../operator/api/generated.ts';
import type { StoredRevision } from '../../operator/api/revisions.ts';
import { withCluster } from '../cluster/connect.ts';
import { getPlugin } from '../cluster/plugins.ts';
import {
  type CurrentFields,
  changedFields,
  currentFields,
  type RevisionFieldName,
  type RevisionFields,
  revisionFieldNames,
  revisionFields,
} from '../cluster/revision-fields.ts';
import { listRevisions, noRevisions, revisionOfNumber } from '../cluster/revisions.ts';
import { structured } from '../output/format.ts';
import { printable } from '../output/printable.ts';
import { CommandError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import type { ClusterOptions, OutputOptions } from '../program/options.ts';

export interface DiffOptions extends ClusterOptions, OutputOptions {
  readonly from?: number;
  readonly to?: number;
  readonly operatorNamespace: string;
}

/** Shows what changed. No difference is no failure. @throws UsageError, CommandError */
export async function diff(name: string, options: DiffOptions, io: Io): Promise<void> {
  const { output, operatorNamespace: namespace, from, to } = options;
  const [before, after] = await withCluster(options, async ({ client }) => {
    const plugin = await getPlugin(client, name);
    const revisions = await listRevisions(plugin, { client, namespace, io });
    const numbered = (number: number) => ofRevision(revisionOfNumber(number, plugin, revisions, namespace));
    const later = to === undefined ? ofSpec(plugin, await currentFields(plugin, client)) : numbered(to);
    const earlier = from === undefined ? lastDifferent(later, revisions, to) : numbered(from);
    if (earlier !== undefined) return [earlier, later] as const;
    throw new CommandError(
      revisions.length === 0
        ? noRevisions(name, namespace)
        : `no earlier revision of "${name}" that is kept differs from ${later.title}`,
    );
  });
  const patch = unifiedDiff(name, before, after);
  if (output !== 'table') {
    const changed = changedFields(before.fields, after.fields);
    const comparison = { plugin: name, from: before.title, to: after.title, changed, patch };
    io.stdout.write(await structured(comparison, output));
  } else if (patch === '') {
    io.stderr.write(`${name}: ${after.title} does not differ from ${before.title}\n`);
  } else {
    io.stdout.write(patch.split('\n').map(printable).join('\n'));
  }
}

/** One side of a comparison. */
export interface Side {
  /** As the diff names it: `revision 3`, `generation 5`. */
  readonly title: string;
  readonly fields: RevisionFields;
}

function ofRevision({ number, spec }: StoredRevision): Side {
  return { title: `revision ${number}`, fields: revisionFields(spec) };
}

function ofSpec({ metadata }: LuaPlugin, { fields, scriptProblem }: CurrentFields): Side {
  if (scriptProblem === undefined) return { title: `generation ${metadata.generation}`, fields };
  throw new CommandError(`${scriptProblem}; compare revisions with --from and --to`);
}

/** The latest revision before another side that differs from it. @param below only those with a lower number */
export function lastDifferent(
  later: Side,
  revisions: readonly StoredRevision[],
  below = Number.POSITIVE_INFINITY,
): Side | undefined {
  return revisions
    .filter(({ number }) => number < below)
    .map(ofRevision)
    .find(({ fields }) => changedFields(fields, later.fields).length > 0);
}

/**
 * The differences as a unified diff, the script as it is and each other field as YAML.
 * @returns the empty string when there is none
 */
export function unifiedDiff(plugin: string, before: Side, after: Side): string {
  return revisionFieldNames.map((name) => diffOfField(name, plugin, before, after)).join('');
}

/**
 * Removed and added lines up to which the shortest difference is looked for. The time for it grows with their square:
 * two scripts of 8,000 lines that have none in common took two minutes.
 */
const maxEditLength = 2_000;

function diffOfField(name: RevisionFieldName, plugin: string, before: Side, after: Side): string {
  const [old, now] = [textOf(before.fields[name]), textOf(after.fields[name])];
  if (old === now) return '';
  const file = `${plugin}/${name}${name === 'script' ? '.lua' : '.yaml'}`;
  const names = [file, file] as const;
  const titles = [before.title, after.title] as const;
  const shortest = structuredPatch(...names, old, now, ...titles, { context: 3, maxEditLength });
  const compare = (from: string, to: string) =>
    structuredPatch(...names, from, to, ...titles, { context: 3 });
  return formatPatch(shortest ?? replaced(compare(old, ''), compare('', now)), FILE_HEADERS_ONLY);
}

/** Two texts that have little in common: first all of the one goes, then all of the other comes. */
function replaced(removal: StructuredPatch, addition: StructuredPatch): StructuredPatch {
  const [removed, added] = [removal.hunks[0], addition.hunks[0]];
  if (removed === undefined || added === undefined) return removed === undefined ? addition : removal;
  const { newStart, newLines } = added;
  return {
    ...removal,
    hunks: [{ ...removed, newStart, newLines, lines: [...removed.lines, ...added.lines] }],
  };
}

function textOf(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : stringify(value, { sortMapEntries: true });
}
