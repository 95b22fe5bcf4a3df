import { applyPatch, type KubeClient, mergePatch } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { ControlPlane } from '../../cluster/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import type { Manifest } from '../../support/manifests.ts';
import type { ApiCall, Permission } from './api-calls.ts';

/** A call that a proxy saw, with what is needed to send it again. */
export interface RecordedCall extends ApiCall {
  readonly body: string;
}

/**
 * Takes one permission out of a role on the cluster, and gives it back after `use`.
 * @param all every permission of that role
 */
export async function without<T>(
  permission: Permission,
  all: readonly Permission[],
  role: Manifest,
  { api }: ControlPlane,
  use: () => Promise<T>,
): Promise<T> {
  const { namespace, name } = role.metadata;
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
  const path = `/apis/rbac.authorization.k8s.io/v1${scope}/${role.kind.toLowerCase()}s/${name}`;
  const rules = all.filter((one) => one !== permission).map(ruleOf);
  await api.request('PUT', path, { ...role, rules });
  try {
    return await use();
  } finally {
    await api.request('PUT', path, role);
  }
}

function ruleOf({ verb, group, resource, name }: Permission): object {
  const names = name === undefined ? {} : { resourceNames: [name] };
  return { apiGroups: [group], resources: [resource], verbs: [verb], ...names };
}

/**
 * Sends a call again, as the same account, until the API server refuses it for want of this permission. It may take a
 * moment until it has heard of a changed role; till then nothing is changed, as every write is a dry run.
 */
export async function isMissed(
  { verb, resource, name, role }: Permission,
  call: RecordedCall,
  client: KubeClient,
): Promise<void> {
  const refusal = `cannot ${verb} resource "${resource}"`;
  await eventually(`the API server to say "${refusal} ..." of ${name ?? 'all'} without ${role}`, async () => {
    try {
      await sendAgain(call, client);
      return false;
    } catch (error) {
      if (error instanceof ApiError && error.status === 403 && error.message.includes(refusal)) return true;
      throw error;
    }
  });
}

async function sendAgain({ method, path, query, body }: RecordedCall, client: KubeClient): Promise<unknown> {
  const writes = method !== 'GET';
  return await client.request({
    method: method as 'GET',
    path,
    query: {
      ...Object.fromEntries(query),
      ...(writes ? { dryRun: 'All' } : {}),
      // One that is let in would go on and on.
      ...(query.get('watch') === 'true' ? { timeoutSeconds: 1 } : {}),
    },
    ...(body === '' ? {} : { body: JSON.parse(body) }),
    ...(method === 'PATCH' ? { contentType: query.has('force') ? applyPatch : mergePatch } : {}),
  });
}
