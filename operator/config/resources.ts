import type { ResourceOption } from './options.ts';

/** An entry of `resources` as the file has it. */
export interface ResourceInFile {
  readonly group?: string;
  readonly name: string;
  readonly disabled: boolean;
  readonly type?: string;
  readonly follow?: boolean;
}

/** DeepFlow's name of the core group. */
const coreGroup = 'core';

/** Names under which DeepFlow has resources that are called otherwise, by name and group. */
const deepflowNames = new Map([['statefulsets.platform.stke', 'statefulsetpluses']]);

/** What DeepFlow's `api_resources` can hold and owns no Pods, with the groups it is in. */
const noWorkloads = new Map([
  ['configmaps', ['']],
  ['ingresses', ['networking.k8s.io', 'extensions']],
  ['ippools', ['crd.projectcalico.org']],
  ['namespaces', ['']],
  ['nodes', ['']],
  ['pods', ['']],
  ['routes', ['route.openshift.io']],
  ['servicerules', ['crd.pingan.org']],
  ['services', ['']],
]);

/** An entry of the file as an option: DeepFlow's empty group is none, and its `core` the core group. */
export function resourceOption({ group, name, disabled, type, follow }: ResourceInFile): ResourceOption {
  return {
    group: group === coreGroup ? '' : group || undefined,
    name: deepflowNames.get(`${name}.${group}`) ?? name,
    disabled,
    type,
    follow,
  };
}

/** Whether an entry can name a workload. One that can't does nothing. */
export function ownsPods({ name, group }: ResourceOption): boolean {
  const groups = noWorkloads.get(name);
  return groups === undefined || (group !== undefined && !groups.includes(group));
}

/** Entries that can't both be followed, or not together with `allowedTypes`. @returns a line for each, with its path */
export function resourceProblems(
  resources: readonly ResourceOption[],
  allowedTypes: readonly string[],
): string[] {
  return resources.flatMap((one, index) => {
    const path = `/resources/${index}`;
    const earlier = resources.slice(0, index).findIndex((other) => {
      if (one.name !== other.name || one.group !== other.group) return false;
      return one.disabled !== other.disabled || one.type !== other.type || one.follow !== other.follow;
    });
    const problems = earlier === -1 ? [] : [`${path}: contradicts /resources/${earlier}, the same resource`];
    if (one.disabled && one.follow !== undefined) {
      problems.push(`${path}/follow: must be left out while disabled is true: what is disabled never counts`);
    }
    if (one.type !== undefined && allowedTypes.length > 0 && !allowedTypes.includes(one.type)) {
      problems.push(`${path}/type: must be one of allowedTypes: ${allowedTypes.join(', ')}`);
    }
    return problems;
  });
}
