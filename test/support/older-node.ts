import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Of the last major version before the one that the operator needs. */
const version = '23.11.1';

/** A Node that is too old for the program, which npm fetches once and keeps. @returns its path and version */
export async function olderNode(): Promise<{ readonly path: string; readonly version: string }> {
  // The package brings the program by its install script.
  const fetch = ['exec', '--yes', '--ignore-scripts=false', `--package=node@${version}`];
  const { stdout } = await promisify(execFile)('npm', [...fetch, '--', 'node', '-p', 'process.execPath']);
  return { path: stdout.trim(), version };
}
