import { Command, Option } from 'commander';
import {
  annotationPrefixOption,
  operatorNamespaceOption,
  withClusterOptions,
} from '../../cluster/options.ts';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin cleanup` takes. */
export function cleanupCommand(io: Io, finish: Finish): Command {
  const command = new Command('cleanup')
    .description(
      "Take every annotation of the operator off the cluster's Pods, and what it mirrored, after an uninstall.",
    )
    .option('--dry-run', 'only say how many Pods have some')
    .option('-y, --yes', 'do not ask first')
    .option('--force', 'also while an operator runs, which will write them again')
    .addOption(annotationPrefixOption())
    .addOption(
      new Option('-o, --output <format>', 'how to write the result').choices(formats).default('table'),
    )
    .addOption(operatorNamespaceOption());
  return withClusterOptions(command)
    .addHelpText(
      'after',
      helpEnd(
        ['luaplugin cleanup --dry-run', 'kubectl delete -k config/default && luaplugin cleanup --yes'],
        'It may be stopped (Ctrl-C) and run again. Exit code 1: an operator still runs, or Pods are left.',
      ),
    )
    .action(async (options) => finish(await (await import('./cleanup.ts')).cleanup(options, io)));
}
