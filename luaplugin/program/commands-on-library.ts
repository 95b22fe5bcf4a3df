import type { ProgramCommand } from './command.ts';
import { objectFormats } from './options.ts';

/** The commands on the plugins that come with the program. */
export function addLibraryCommands(program: ProgramCommand): void {
  const library = program
    .command('library')
    .description("The plugins that come with this program, for well-known operators' Pods.")
    .examples([
      'luaplugin library list --served',
      'luaplugin library apply --served',
      'luaplugin library diff   # after an upgrade of this program',
    ]);

  library
    .command('list')
    .description('List them: which this cluster could use, which it has, and what is out of date.')
    .option('--served', 'only those whose API groups the cluster serves')
    .output(objectFormats, 'how to write them')
    .clusterOptions()
    .examples(
      ['luaplugin library list', 'luaplugin library list --served -o wide'],
      'SERVED: whether the cluster serves the API groups of what the plugin is for; - where it goes by labels alone.',
      'APPLIED: current; changed, where only parameters, priority, mode or limits differ; out of date; - not there.',
    )
    .runs(async () => (await import('../commands/library/list.ts')).list);

  library
    .command('apply')
    .description('Put plugins of the library on the cluster, or bring those that are there to this version.')
    .argument('[name...]', "the plugins' names")
    .option('--served', 'all whose API groups the cluster serves')
    .option('--all', 'all of them; one whose API groups are not served is dormant until they are')
    .option('--force-conflicts', 'take over what somebody else has set otherwise, settings as well')
    .dryRun()
    .choice('-o, --output <format>', 'print the manifests, and do nothing', ['yaml', 'json'])
    .clusterOptions()
    .examples(
      [
        'luaplugin library apply strimzi kserve',
        'luaplugin library apply --served --dry-run=server',
        'luaplugin library apply --all -o yaml > library.yaml',
      ],
      'Parameters, priority, mode and limits that somebody set stay. Exit code 1: a plugin was refused; the others are applied.',
    )
    .runs(async () => (await import('../commands/library/apply.ts')).applyPlugins);

  library
    .command('diff')
    .description('Show what an apply would change.')
    .argument('[name...]', "the plugins' names; by default all that the cluster has")
    .clusterOptions()
    .examples(
      ['luaplugin library diff', 'luaplugin library diff strimzi'],
      'Exit code 0: nothing; 1: there are differences; 2: they could not be looked for.',
    )
    .runs(async () => (await import('../commands/library/diff.ts')).diffPlugins);
}
