import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { withCluster } from '../../cluster/connect.ts';
import { type CurrentParts, currentParts } from '../../cluster/current-parts.ts';
import type { ClusterOptions } from '../../cluster/options.ts';
import { changedParts, partsOf } from '../../cluster/parts.ts';
import { getPlugin } from '../../cluster/plugins.ts';
import { listRevisions, noRevisions, revisionOfNumber } from '../../cluster/revisions.ts';
import { type Format, structured } from '../../output/format.ts';
import { printable } from '../../output/printable.ts';
import { CommandError } from '../../program/definition.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { patchOf, type Side } from './patch.ts';

export interface DiffOptions extends ClusterOptions {
  readonly from?: number;
  readonly to?: number;
  readonly output: Format;
  readonly operatorNamespace: string;
}

/** Shows what changed. No difference is no failure. @throws UsageError, CommandError */
export async function diff(name: string, options: DiffOptions, io: Io): Promise<ExitCode> {
  const { output, operatorNamespace: namespace, from, to } = options;
  const [before, after] = await withCluster(options, async ({ client }) => {
    const plugin = await getPlugin(client, name);
    const revisions = await listRevisions(plugin, { client, namespace, io });
    const numbered = (number: number) => ofRevision(revisionOfNumber(number, plugin, revisions, namespace));
    const later = to === undefined ? ofSpec(plugin, await currentParts(plugin, client)) : numbered(to);
    const earlier = from === undefined ? lastDifferent(later, revisions, to) : numbered(from);
    if (earlier === undefined) {
      throw new CommandError(
        exitCodes.failed,
        revisions.length === 0
          ? noRevisions(name, namespace)
          : `no earlier revision of "${name}" that is kept differs from ${later.title}`,
      );
    }
    return [earlier, later] as const;
  });
  const patch = patchOf(name, before, after);
  if (output !== 'table') {
    const changed = changedParts(before.parts, after.parts);
    const comparison = { plugin: name, from: before.title, to: after.title, changed, patch };
    io.stdout.write(await structured(comparison, output));
  } else if (patch === '') {
    io.stderr.write(`${name}: ${after.title} does not differ from ${before.title}\n`);
  } else {
    io.stdout.write(patch.split('\n').map(printable).join('\n'));
  }
  return exitCodes.done;
}

function ofRevision({ number, spec }: StoredRevision): Side {
  return { title: `revision ${number}`, parts: partsOf(spec) };
}

function ofSpec({ metadata }: LuaPlugin, { parts, scriptProblem }: CurrentParts): Side {
  if (scriptProblem !== undefined) {
    throw new CommandError(exitCodes.failed, `${scriptProblem}; compare revisions with --from and --to`);
  }
  return { title: `generation ${metadata.generation}`, parts };
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
    .find(({ parts }) => changedParts(parts, later.parts).length > 0);
}
