import { isLabel, isSubdomain } from '../../cluster/names.ts';
import { UsageError } from '../../program/definition.ts';

/** A Pod's place in the cluster. */
export interface PodReference {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Reads `NAMESPACE/NAME`, or `NAME` with a namespace from elsewhere.
 * @param option of --namespace
 * @param usual the kubeconfig's
 * @throws UsageError
 */
export function podReference(argument: string, option: string | undefined, usual: string): PodReference {
  const parts = argument.split('/');
  const [first = '', second] = parts;
  const reference =
    second === undefined ? { namespace: option ?? usual, name: first } : { namespace: first, name: second };
  if (parts.length > 2 || !isLabel(reference.namespace) || !isSubdomain(reference.name)) {
    throw new UsageError(`${JSON.stringify(argument)} names no Pod; write NAMESPACE/NAME`);
  }
  if (second !== undefined && option !== undefined && option !== first) {
    throw new UsageError(`two namespaces, ${first} and ${option}; give one`);
  }
  return reference;
}
