import { Command } from 'commander';
import {
  dryRunOption,
  installNamespaceOption,
  timeoutOption,
  withClusterOptions,
} from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin uninstall` takes. */
export function uninstallCommand(io: Io, finish: Finish): Command {
  const command = new Command('uninstall')
    .description(
      'Take the operator off the cluster; LuaPlugins and annotations stay unless you say otherwise.',
    )
    .option('--crds', 'delete the resource definition, and with it every LuaPlugin')
    .option('--keep-namespace', 'leave the namespace, and what is in it besides the operator')
    .addOption(installNamespaceOption())
    .option('-y, --yes', 'do not ask first')
    .addOption(dryRunOption())
    .option('--wait', 'wait until all of it is gone')
    .addOption(timeoutOption(300_000, '5m'));
  return withClusterOptions(command)
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin uninstall --dry-run=server',
          'luaplugin uninstall --yes --wait && luaplugin cleanup --yes',
        ],
        'Exit code 1: a right is missing, it was not confirmed, or, with --wait, something is left.',
      ),
    )
    .action(async (options) => finish(await (await import('./uninstall.ts')).uninstall(options, io)));
}
