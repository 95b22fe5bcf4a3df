import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { renderKinds } from '../../../build/generate/kinds.ts';
import { isKind } from '../../../operator/api/workload.ts';
import { ConfiguredKinds } from '../../../operator/workloads/kind-rules.ts';
import { findKind, groupOf, knownKinds } from '../../../operator/workloads/kinds.ts';
import { resolveStandard } from '../../../operator/workloads/standard.ts';
import {
  discoveryOf,
  ownersOf,
  type PodFixture,
  readLibraryFixtures,
  readPodFixtures,
  readTopmostFixtures,
} from './pod-fixtures.ts';

const fixtures = await readPodFixtures();
const topmostFixtures = await readTopmostFixtures();
const libraryFixtures = await readLibraryFixtures();

function resolve(fixture: PodFixture, owners = ownersOf(fixture)) {
  const kinds = new ConfiguredKinds({ resources: [], discovery: discoveryOf(fixture) });
  return resolveStandard(fixture.metadata, owners, kinds);
}

describe('the table of kinds', () => {
  for (const fixture of fixtures) {
    const { pod, operator, version, expect: workload } = fixture;
    it(`calls ${pod} (${operator} ${version}) ${workload.type} ${workload.name}`, async () => {
      const { type, name } = await resolve(fixture);
      expect({ type, name }).to.deep.equal(workload);
    });
  }

  for (const fixture of topmostFixtures) {
    const { pod, operator, version, expect: workload, metadata } = fixture;
    it(`calls ${pod} (${operator} ${version}) ${workload.type} ${workload.name} where the topmost is asked for`, async () => {
      const discovery = discoveryOf(fixture);
      const kinds = new ConfiguredKinds({ resources: [], standardWorkload: 'topmost', discovery });
      const { type, name } = await resolveStandard(metadata, ownersOf(fixture), kinds);
      expect({ type, name }).to.deep.equal(workload);
      expect((await resolve(fixture)).type).to.be.oneOf(['Deployment', 'StatefulSet']);
    });
  }

  it('has a fixture for each row, here or in the library', () => {
    const met = new Set(
      [...fixtures, ...topmostFixtures, ...libraryFixtures].flatMap(({ metadata, owners }) =>
        [
          ...(metadata.ownerReferences ?? []),
          ...owners.flatMap((owner) => [owner, ...(owner.ownerReferences ?? [])]),
        ].map(({ apiVersion, kind }) => findKind(groupOf(apiVersion), kind)),
      ),
    );
    expect(knownKinds.filter((row) => !met.has(row))).to.deep.equal([]);
  });

  it('has each kind once, with a plural and a type that the config and Pods can hold', () => {
    const names = knownKinds.map(({ group, kind }) => `${group}/${kind}`);
    expect(names).to.have.length(new Set(names).size);
    for (const { resource, type, kind } of knownKinds) {
      expect(resource).to.match(/^[a-z][a-z0-9]+s$/);
      expect(isKind(type)).to.equal(true);
      expect(type, 'a custom kind keeps its kind').to.equal(kind);
    }
  });

  it('reads nothing but the helper objects between a Pod and its workload', async () => {
    const read = new Set<string>();
    for (const fixture of fixtures) {
      const owners = ownersOf(fixture);
      await resolve(fixture, owners);
      for (const { apiVersion, kind } of owners.asked) read.add(`${groupOf(apiVersion)}/${kind}`);
    }
    const follows = knownKinds.filter(({ chain }) => chain === 'follow' || chain === 'pass');
    expect(
      [...read].filter((kind) => !follows.some((row) => `${row.group}/${row.kind}` === kind)),
    ).to.deep.equal([]);
    expect(read).to.include('apps/ReplicaSet').and.to.include('/ReplicationController');
  });

  it('says of each fixture where its facts were read', () => {
    for (const { source } of [...fixtures, ...topmostFixtures]) {
      expect(source).to.have.length.above(0);
      for (const place of source) expect(place).to.match(/^[\w.-]+\/[\w.-]+ \S+/);
    }
  });

  it('is shown in docs/kinds.md, with every plugin of the library', async () => {
    const script = fileURLToPath(new URL('../../../build/generate/kinds.ts', import.meta.url));
    await promisify(execFile)(process.execPath, [script, '--check']);
    const page = renderKinds(
      [
        {
          group: 'x.io',
          kind: 'Kit',
          resource: 'kits',
          chain: 'stop',
          type: 'Box',
          of: 'Kits',
          followedWith: undefined,
          ownsLoosely: true,
        },
      ],
      ['strimzi'],
    );
    expect(page).to.contain('| Kits | `Kit` | `kits.x.io` | `Box` | stop; loose |\n');
    expect(page).to.contain('- [strimzi](../examples/library/strimzi/README.md)\n');
  });
});
