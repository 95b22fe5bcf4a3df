import { goEnvironment } from '../cluster/go-package.ts';
import { runCommand } from '../cluster/run.ts';
import { buildOnce } from '../support/go-program.ts';
import type { Controller, PinnedModule } from './controller.ts';

interface Download {
  readonly Dir?: string;
  readonly Sum?: string;
  readonly Error?: string;
}

/**
 * Fetches a module, unless it is in Go's cache of modules.
 * @returns its folder there, which is read-only
 * @throws when it can't be had, or is another than the one of this checksum
 */
export async function fetchModule({ module, version, sum }: PinnedModule): Promise<string> {
  const errors: string[] = [];
  const { stdout } = await runCommand('go', ['mod', 'download', '-json', `${module}@${version}`], {
    env: goEnvironment(process.env),
    onErrorLine: (line) => errors.push(line),
  }).catch((error: unknown) => {
    throw new Error('There is no Go to fetch the controllers with. Install Go 1.26 (https://go.dev/dl/).', {
      cause: error,
    });
  });
  const { Dir, Sum, Error: problem } = JSON.parse(stdout || '{}') as Download;
  if (Dir === undefined) throw new Error(`${module}@${version}: ${problem ?? errors.join(' ')}`);
  if (Sum !== sum) throw new Error(`${module}@${version} has the checksum ${Sum}, and ${sum} was expected`);
  return Dir;
}

/**
 * Builds a controller in its module's own folder, so by the go.mod and go.sum, replacements too, that its project builds
 * it with. Built once, then cached.
 * @param directory see fetchModule
 * @returns the program's path
 */
export function buildController(controller: Controller, directory: string): Promise<string> {
  const { name, module, version, minutes } = controller;
  return buildOnce({
    name: `operators-${name}`,
    title: `${module}@${version}`,
    directory,
    package: controller.package,
    minutes,
    state: [module, version, controller.package],
  });
}
