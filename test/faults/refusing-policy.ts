import type { ControlPlane } from '../cluster/control-plane.ts';
import { until } from './wait.ts';

const collection = '/apis/admissionregistration.k8s.io/v1';

/**
 * Has the API server refuse, by a real policy, every new workload that is written to a Pod of this namespace.
 * Resolves when it is in force.
 * @returns takes the policy away; may be called twice
 */
export async function refuseWrites(plane: ControlPlane, namespace: string): Promise<() => Promise<void>> {
  const { api } = plane;
  const name = `refuse-writes-in-${namespace}`;
  const ofWorkload = (object: string) =>
    `${object}.metadata.?annotations.orValue({}).filter(key, key.startsWith('luaplugin.dev/'))` +
    `.map(key, key + '=' + ${object}.metadata.annotations[key])`;
  await api.request('POST', `${collection}/validatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods'] },
        ],
      },
      validations: [
        {
          expression: `${ofWorkload('object')} == ${ofWorkload('oldObject')}`,
          message: 'nobody may change the workload of a Pod here',
        },
      ],
    },
  });
  let isTaken = false;
  const take = async () => {
    if (isTaken) return;
    isTaken = true;
    await api.request('DELETE', `${collection}/validatingadmissionpolicybindings/${name}`);
    await api.request('DELETE', `${collection}/validatingadmissionpolicies/${name}`);
  };
  await api.request('POST', `${collection}/validatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = await api.request<{ items: { metadata: { name: string } }[] }>('GET', `${pods}?limit=1`);
  const probe = `${pods}/${items[0]?.metadata.name}?dryRun=All`;
  await until('the policy to be in force', async () => {
    const body = { metadata: { annotations: { 'luaplugin.dev/workload-name': `probe-${Date.now()}` } } };
    return await api.request('PATCH', probe, body).then(
      () => false,
      (error: unknown) => String(error).includes('nobody may change'),
    );
  });
  return take;
}
