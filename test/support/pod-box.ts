import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Why programs can't be boxed here, if so. */
export function boxObstacle(): string | undefined {
  if (process.platform !== 'linux') return `this is ${process.platform}, and no Linux`;
  if (process.getuid?.() !== 0) return 'it takes root to become another user';
  const found = spawnSync('unshare', ['--mount', 'true']);
  return found.status === 0 ? undefined : 'there is no right to a mount namespace (unshare --mount)';
}

// The program takes this shell's place, so its process is the one that was started. chroot becomes the user, and with
// that loses every capability; no-new-privs keeps it from getting one back.
const script = `
set -e
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
for device in null zero random urandom; do mount --bind "/dev/$device" "$root/dev/$device"; done
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" "$@"
`;

/**
 * A command line that runs a program as a container's runtime does under the restricted Pod security profile: in a root
 * file system of its own that can't be written to, as a user without capabilities who can gain none.
 * @param root see prepareRoot
 * @param user `uid:gid`
 * @param program with its arguments, as in the root
 */
export function inBox(root: string, user: string, program: readonly string[]): [string, string[]] {
  return ['unshare', ['--mount', '--propagation=private', 'sh', '-c', script, 'sh', root, user, ...program]];
}

/** Makes the places that inBox mounts things on. */
export async function prepareRoot(root: string): Promise<void> {
  await mkdir(join(root, 'proc'));
  await mkdir(join(root, 'dev'));
  for (const device of ['null', 'zero', 'random', 'urandom']) await writeFile(join(root, 'dev', device), '');
}

/**
 * Puts the shared libraries that a program is linked with into a root, at the places where it looks for them.
 * @returns their names, such as `libc.so.6`
 */
export async function layLibraries(root: string, program: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]);
  const paths = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path = '']) => path);
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await copyFile(path, join(root, path));
  }
  return paths.map((path) => path.slice(path.lastIndexOf('/') + 1));
}
