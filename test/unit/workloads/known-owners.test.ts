import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { knownKinds } from '../../../operator/workloads/kinds.ts';

interface Role {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

const read = (file: string) => readFile(new URL(`../../../config/base/${file}`, import.meta.url), 'utf8');

/** Of a role: `get ray.io/rayclusters` and so on. */
function granted({ rules }: Role): string[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
    ),
  );
}

describe('config/base/known-owners.yaml', () => {
  it('allows to get, list and watch the helper objects of the table, and nothing else', async () => {
    const role: Role = parse(await read('known-owners.yaml'));
    const documents = parseAllDocuments(await read('rbac.yaml'));
    const roles: Role[] = documents.map((document) => document.toJS());
    const base = roles.find(({ metadata }) => metadata.name === 'lua-plugin-operator');
    const helpers = knownKinds.filter(({ chain }) => chain === 'follow' || chain === 'pass');
    const allowing = (resource: string) =>
      // Pods are watched anyway.
      (resource === '/pods' ? ['get'] : ['get', 'list', 'watch']).map((verb) => `${verb} ${resource}`);
    const needed = helpers.flatMap(({ group, resource }) => allowing(`${group}/${resource}`));
    const inBase = base === undefined ? [] : granted(base).filter((one) => needed.includes(one));
    expect(inBase).to.have.members(['apps/replicasets', 'batch/jobs'].flatMap(allowing));
    expect(granted(role)).to.have.members(needed.filter((one) => !inBase.includes(one)));
  });

  it('carries the label by which the operator gets it', async () => {
    const role: Role = parse(await read('known-owners.yaml'));
    expect(role.metadata.labels).to.include({ 'luaplugin.dev/aggregate-to-owners': 'true' });
  });
});
