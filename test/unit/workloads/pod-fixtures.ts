import { readdir, readFile } from 'node:fs/promises';
import { type Fixture, readLibrary } from '../../../build/generate/library.ts';
import type { OwnerReference } from '../../../operator/kube/client/types.ts';
import { groupOf } from '../../../operator/workloads/kinds.ts';
import { controllerReference, type Owners } from '../../../operator/workloads/standard.ts';

/** A Pod as one version of an operator makes it, its owners, and what the owners alone say of it. */
export type PodFixture = Omit<Fixture, 'standard'>;

const folder = new URL('fixtures/', import.meta.url);

/** The fixtures of the built-in table, in the order of their files' names. */
export function readPodFixtures(): Promise<PodFixture[]> {
  return readFolder(folder);
}

/** Those whose workload is above a Deployment or StatefulSet, for a config that asks for the topmost. */
export function readTopmostFixtures(): Promise<PodFixture[]> {
  return readFolder(new URL('topmost/', folder));
}

async function readFolder(from: URL): Promise<PodFixture[]> {
  const files = (await readdir(from)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (file) => {
      const fixture = JSON.parse(await readFile(new URL(file, from), 'utf8')) as Omit<PodFixture, 'file'>;
      return { ...fixture, file: file.replace(/\.json$/, '') };
    }),
  );
}

/** The Pods of the library, with what standard resolution says of them. */
export async function readLibraryFixtures(): Promise<PodFixture[]> {
  const library = await readLibrary();
  return library.flatMap(({ name, fixtures }) =>
    fixtures.map(({ standard, ...fixture }) => ({
      ...fixture,
      file: `${name}/${fixture.file}`,
      expect: standard,
    })),
  );
}

/** The owners of a fixture as the API server would give them, and the kinds it was asked about. */
export function ownersOf({ owners }: PodFixture): Owners & { readonly asked: OwnerReference[] } {
  const asked: OwnerReference[] = [];
  return {
    asked,
    controllerOf: async (owner) => {
      asked.push(owner);
      const { apiVersion, kind, name } = owner;
      const found = owners.find(
        (other) => other.apiVersion === apiVersion && other.kind === kind && other.name === name,
      );
      if (found === undefined) throw new Error(`the fixture does not say who owns ${kind} ${name}`);
      return { controller: controllerReference(found.ownerReferences), isFinal: true };
    },
  };
}

/** A cluster that serves the API groups of a fixture's owners and no others. */
export function discoveryOf({ owners }: PodFixture) {
  const groups = new Set(['', ...owners.map(({ apiVersion }) => groupOf(apiVersion))]);
  return {
    resourceFor: () => Promise.resolve(undefined),
    servedGroups: () => Promise.resolve(groups),
  };
}
