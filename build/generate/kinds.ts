/**
 * Writes docs/kinds.md, the kinds that standard resolution knows, from operator/workloads/kinds.ts and the library.
 *
 *   node build/generate/kinds.ts           writes the file
 *   node build/generate/kinds.ts --check   writes nothing; exit code 1 when the file is out of date
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type KindRow, knownKinds } from '../../operator/workloads/kinds.ts';
import { readLibrary } from './library.ts';

const page = new URL('../../docs/kinds.md', import.meta.url);
const command = 'node build/generate/kinds.ts';

/** The page: a row for each kind, then the names of the library's plugins. */
export function renderKinds(kinds: readonly KindRow[], plugins: readonly string[]): string {
  const rows = kinds.map(({ group, kind, resource, type, of, ...row }) => {
    const place = group === '' ? resource : `${resource}.${group}`;
    return `| ${of} | \`${kind}\` | \`${place}\` | \`${type}\` | ${chainOf(row)} |`;
  });
  const links = plugins.map((name) => `- [${name}](../examples/library/${name}/README.md)`);
  return `<!-- Made by \`${command}\`; change operator/workloads/kinds.ts, then run it. -->
# Which kinds are workloads

A Pod that no plugin resolves gets its workload from its owners: the owner reference with \`controller: true\` is followed
upward over at most 8 owners. "Stop" is where the walk ends. "Follow" is a helper object: its own owner is asked for,
and it is the workload only where it has none, is gone, or can't be read. "Follow to the topmost" is so with
\`standardWorkload: topmost\` in the [config](administration.md#the-resource-above-a-deployment).

- A kind that is not in the table is a workload. It is followed where it may be read, but only to kinds of its own
  project (\`agents.example.io\` and \`example.io\`) and of the table: a kind can be owned by an Ingress just to go with it.
- Without a controller a Pod belongs to the likeliest of its owners: a kind of the table before others, any before one of
  the core group. Above the Pod such a reference leads only to the kinds marked "loose", whose operators write it so.
- A kind of the core group that is not in the table, a ConfigMap, Secret or Service for instance, is nobody's workload
  and never read: what is below it counts, at last the Pod. A PersistentVolumeClaim is no workload either, but what it
  was made for may be.
- Kinds of one name in different groups can be [told apart](administration.md#resources).
- A Pod without an owner is a \`Pod\`; the mirror of a static Pod is a \`StaticPod\` under its name without the node's.
- A kind that stops needs neither a right nor a served API group: the Pod's own reference says enough, and the
  annotations stay when its CRD goes. A helper object is read once its API group is served, without a restart,
  and [followed](administration.md#permissions) when it gets another owner.
- Sidecars that a SidecarSet or another webhook injects change no owner, and so no workload.

\`resources\` in the [config](administration.md#resources) switches kinds on and off and gives them other types;
[these permissions](administration.md#permissions) are needed to read helper objects.

| Of | Kind | Resource | Counts as | Chain |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

Where owners are not enough, because a Deployment or StatefulSet hides the resource that a user thinks in, or no owner
leads there, the [library](../examples/library/README.md) has a tested plugin:

${links.join('\n')}
`;
}

function chainOf({ ownsLoosely, ...row }: Pick<KindRow, 'chain' | 'followedWith' | 'ownsLoosely'>): string {
  return wayOf(row) + (ownsLoosely ? '; loose' : '');
}

function wayOf({ chain, followedWith }: Pick<KindRow, 'chain' | 'followedWith'>): string {
  if (chain === 'topmost') return 'stop, or follow to the topmost';
  if (chain === 'pass') return 'follow, never the workload';
  return followedWith === undefined ? chain : `${chain} while \`${followedWith}\` is served, else stop`;
}

if (import.meta.main) {
  const library = await readLibrary();
  const wanted = renderKinds(
    knownKinds,
    library.map(({ name }) => name),
  );
  const found = await readFile(page, 'utf8').catch(() => '');
  if (!process.argv.includes('--check')) {
    if (wanted !== found) await writeFile(page, wanted);
  } else if (wanted !== found) {
    process.stderr.write(`${fileURLToPath(page)} is out of date; run \`${command}\`.\n`);
    process.exitCode = 1;
  }
}
