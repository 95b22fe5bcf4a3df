import { isDeepStrictEqual } from 'node:util';
import { applyPatch, type KubeClient } from '../../operator/kube/client/client.ts';
import { isConflict, isObjectNotFound, isRefused } from '../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../operator/kube/client/types.ts';
import { CommandError, onOneLine } from '../program/errors.ts';
import { referenceTo, type Target } from './manifest.ts';
import { dryRunQuery } from './requests.ts';

/** What became of an object, in kubectl's words. */
export type Applied = 'created' | 'configured' | 'unchanged';

export interface ApplyOptions {
  readonly client: KubeClient;
  /** Takes over fields that somebody else has set. */
  readonly force: boolean;
  /** The API server checks and answers, and changes nothing. */
  readonly isDryRun: boolean;
}

/**
 * Applies an object on the server's side, so that fields of others stay as they are.
 * @throws CommandError when somebody else has set a field of it to something else, or it is refused
 */
export async function apply(target: Target, { client, force, isDryRun }: ApplyOptions): Promise<Applied> {
  const { manifest, path, present } = target;
  try {
    const written = await client.request<KubeObject>({
      method: 'PATCH',
      path,
      contentType: applyPatch,
      query: { force, ...dryRunQuery(isDryRun) },
      body: manifest,
    });
    if (present === undefined) return 'created';
    return isDeepStrictEqual(content(written), content(present)) ? 'unchanged' : 'configured';
  } catch (error) {
    // A binding's role is made before it, but not in a dry run.
    if (isDryRun && isObjectNotFound(error)) return 'created';
    const where = referenceTo(manifest);
    if (isConflict(error)) {
      const why = onOneLine(error.message).replace(/[.:]$/, '');
      const message = `${where}: ${why}; --force-conflicts takes these fields over`;
      throw new CommandError(message, { cause: error });
    }
    if (isRefused(error)) throw new CommandError(`${where}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** What an object wants: who set what, and how far it has come, is left aside. */
function content({ metadata, ...object }: KubeObject & { readonly status?: unknown }): object {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...kept } = metadata;
  const { status: _status, ...rest } = object;
  return { ...rest, metadata: kept };
}
