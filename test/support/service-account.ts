import type { ControlPlane } from '../cluster/control-plane.ts';

/**
 * Creates a service account that may get, list and watch resources of its namespace, and nothing else.
 * @param resources as kubectl has them: plural names, with a group as `replicasets.apps`
 * @returns the path of its kubeconfig
 */
export async function createReader(
  { kubectl, serviceAccountKubeconfig }: ControlPlane,
  account: { readonly namespace: string; readonly name: string },
  resources: readonly string[],
): Promise<string> {
  const { namespace, name } = account;
  await kubectl(['create', 'serviceaccount', name, '-n', namespace]);
  const rights = ['--verb=get,list,watch', `--resource=${resources.join(',')}`];
  await kubectl(['create', 'role', name, ...rights, '-n', namespace]);
  const binding = [`--role=${name}`, `--serviceaccount=${namespace}:${name}`];
  await kubectl(['create', 'rolebinding', name, ...binding, '-n', namespace]);
  return serviceAccountKubeconfig(account);
}
