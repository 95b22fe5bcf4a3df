import type { V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { isOlderThan, type VersionInfo } from '../../../operator/kube/client/server-version.ts';
import { type Manifest, referenceTo, type Target } from '../../cluster/manifest.ts';
import { CommandError } from '../../program/errors.ts';
import { forEachAtOnce } from '../../program/parallel.ts';
import type { NamedTarget } from './targets.ts';

/** The first Kubernetes 1.x that serves ValidatingAdmissionPolicy as v1, of which config/policy is one. */
const neededMinor = 30;

/** @throws CommandError when the API server is older than the operator's manifests */
export async function checkVersion(client: KubeClient): Promise<void> {
  const info = await client.request<VersionInfo>({ method: 'GET', path: '/version' });
  // Who does not say what it is gets the benefit of the doubt: what it does not serve is found next.
  if (!isOlderThan(info, neededMinor)) return;
  const { major, minor, gitVersion } = info;
  throw new CommandError(
    `the cluster runs Kubernetes ${gitVersion ?? `${major}.${minor}`}, and the operator needs 1.${neededMinor} or newer, for its ValidatingAdmissionPolicy; upgrade the cluster, or leave config/policy out with kustomize`,
  );
}

/** The error for an object of a kind that the cluster does not know. */
export function notServed({ apiVersion, kind }: Manifest): CommandError {
  const advice = apiVersion.startsWith('cert-manager.io/')
    ? 'install cert-manager first, or choose another --variant'
    : 'is its version one that the operator knows?';
  return new CommandError(`the cluster serves no ${kind} of ${apiVersion}; ${advice}`);
}

/** Questions on their way at a time. */
const concurrency = 8;
/** So many of the rights that are missing are named. */
const shownRights = 3;

/**
 * Asks whether this user may make and change such objects.
 * @throws CommandError that names what is missing
 */
export async function checkRights(targets: readonly NamedTarget[], client: KubeClient): Promise<void> {
  const questions = new Map<string, object>();
  for (const { manifest, group, resource, present } of targets) {
    const { namespace } = manifest.metadata;
    for (const verb of present === undefined ? ['create', 'patch'] : ['patch']) {
      const where = namespace === undefined ? '' : ` in ${namespace}`;
      const right = `${verb} ${resource}${group === '' ? '' : `.${group}`}${where}`;
      questions.set(right, { verb, group, resource, ...(namespace === undefined ? {} : { namespace }) });
    }
  }
  const missing = new Set(questions.keys());
  await forEachAtOnce([...questions], concurrency, async ([right, resourceAttributes]) => {
    const apiVersion = 'authorization.k8s.io/v1';
    const { status } = await client.request<V1SelfSubjectAccessReview>({
      method: 'POST',
      path: `/apis/${apiVersion}/selfsubjectaccessreviews`,
      body: { apiVersion, kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    });
    if (status?.allowed === true) missing.delete(right);
  });
  if (missing.size === 0) return;
  const rights = [...missing];
  const more = rights.length > shownRights ? `, and ${rights.length - shownRights} more` : '';
  throw new CommandError(
    `you may not ${rights.slice(0, shownRights).join(', ')}${more}; an install takes the rights of a cluster's administrator (cluster-admin), and nothing was changed`,
  );
}

/** Those that the API server can try out before anything is there: what is in a namespace needs the namespace. */
export function targetsToTry(targets: readonly Target[]): Target[] {
  const absent = targets.filter(({ manifest, present }) => manifest.kind === 'Namespace' && !present);
  const names = new Set(absent.map(({ manifest }) => manifest.metadata.name));
  return targets.filter(({ manifest }) => !names.has(manifest.metadata.namespace ?? ''));
}

/** What the user reads about an object that is not tried out. */
export function explainUntried({ manifest }: Target): string {
  return `${referenceTo(manifest)} created (dry run; its namespace is not there yet, so the API server can't check it)`;
}
