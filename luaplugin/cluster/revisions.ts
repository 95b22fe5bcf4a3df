import type { LuaPlugin } from '../../operator/api/generated.ts';
import {
  type ControllerRevision,
  readRevision,
  revisionSelector,
  revisionsPath,
  type StoredRevision,
  sortRevisions,
} from '../../operator/api/revisions.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { writeLine } from '../output/printable.ts';
import { CommandError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { listObjects } from './requests.ts';

/** Where revisions are, and where it is said that one is no good. */
export interface RevisionsFrom {
  readonly client: KubeClient;
  /** The operator's namespace. */
  readonly namespace: string;
  readonly io: Io;
}

/** The revisions of a plugin that the operator keeps, the latest first. What is no sound revision is left out, and said. */
export async function listRevisions(plugin: LuaPlugin, from: RevisionsFrom): Promise<StoredRevision[]> {
  const { client, namespace, io } = from;
  const { uid } = plugin.metadata;
  const query = { labelSelector: revisionSelector(uid) };
  const revisions: StoredRevision[] = [];
  // Each holds a script; 20 pages at the most.
  const kept = listObjects<ControllerRevision>(client, revisionsPath(namespace), { query, pageSize: 50 });
  for await (const object of kept) {
    const read = readRevision(object);
    if (!read.ok) writeLine(io.stderr, `note: ${read.message}`);
    else if (read.revision.plugin.uid === uid) revisions.push(read.revision);
  }
  return sortRevisions(revisions);
}

/** The revision that serves, if it is kept. */
export function servingRevision(
  { status }: LuaPlugin,
  revisions: readonly StoredRevision[],
): StoredRevision | undefined {
  const active = status?.activeRevision;
  return revisions.find(({ number, hash }) => number === active?.number && hash === active.hash);
}

/** @throws CommandError when that revision is not kept */
export function revisionOfNumber(
  number: number,
  plugin: LuaPlugin,
  revisions: readonly StoredRevision[],
  namespace: string,
): StoredRevision {
  const found = revisions.find((revision) => revision.number === number);
  if (found !== undefined) return found;
  const { name } = plugin.metadata;
  const kept = revisions.map((revision) => revision.number).join(', ');
  throw new CommandError(
    kept === ''
      ? noRevisions(name, namespace)
      : `there is no revision ${number} of "${name}"; these are kept: ${kept}`,
  );
}

/** Why a plugin may have no revisions. */
export function noRevisions(name: string, namespace: string): string {
  return (
    `no revision of "${name}" is kept in the namespace ${namespace}: it has not served yet, its revisionHistoryLimit is 0, ` +
    'it could not be stored ("kubectl describe luaplugin" tells), or the operator runs elsewhere (--operator-namespace)'
  );
}
