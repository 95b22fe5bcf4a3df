import { UsageError } from '../program/definition.ts';
import { stdinArgument } from './text.ts';

/** @throws UsageError when standard input is to be read twice */
export function checkPaths(paths: readonly string[]): void {
  if (paths.filter((path) => path === stdinArgument).length > 1) {
    throw new UsageError('- (standard input) can be given once only');
  }
}
