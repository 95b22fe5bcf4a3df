import { Command, InvalidArgumentError, Option } from 'commander';
import {
  dryRunOption,
  installNamespaceOption,
  timeoutOption,
  withClusterOptions,
} from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';
import { variants } from './variants.ts';

/** What `luaplugin install` takes. */
export function installCommand(io: Io, finish: Finish): Command {
  const command = new Command('install')
    .description('Put the operator on the cluster, or bring the one that is there to this version.')
    .addOption(
      new Option('--variant <name>', 'which of the ways to run it').choices(variants).default('default'),
    )
    .addOption(new Option('--image <reference>', "the operator's image").argParser(imageReference))
    .addOption(installNamespaceOption())
    .addOption(dryRunOption())
    .option('--force-conflicts', 'take over fields that somebody else has set to something else')
    .addOption(
      new Option('-o, --output <format>', 'print the manifests, and do nothing').choices(['yaml', 'json']),
    )
    .option(
      '--wait',
      'wait until it runs, or tell why it does not; then delete what is left of an earlier one',
    )
    .addOption(timeoutOption(300_000, '5m'));
  return withClusterOptions(command)
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin install --image registry.example.com/lua-plugin-operator:0.1.0 --wait',
          'luaplugin install --variant high-availability --dry-run=server',
          'luaplugin install -o yaml | kubectl apply -f -',
        ],
        'Run again it upgrades. Exit code 1: a right is missing, the cluster is too old or refuses it, or, with --wait, it does not run.',
      ),
    )
    .action(async (options) => finish(await (await import('./install.ts')).install(options, io)));
}

function imageReference(text: string): string {
  if (/^[\w][\w./:@-]*$/.test(text)) return text;
  throw new InvalidArgumentError('Write an image as registry.example.com/lua-plugin-operator:0.1.0.');
}
