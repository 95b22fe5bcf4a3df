import { Argument } from 'commander';
import type { ProgramCommand } from './command.ts';
import { changeFormats, formats, objectFormats, parseInteger } from './options.ts';

const untilReady = 'wait until the plugin is Ready, or tell why it is not';
const output = 'how to write them';
const changeOutput = 'write the object instead of what was done';

/** The commands on a cluster's LuaPlugins, and what comes of them. */
export function addClusterCommands(program: ProgramCommand): void {
  program
    .command('create')
    .description('Make a LuaPlugin of a Lua file, on the cluster.')
    .argument('[name]', "the new LuaPlugin's name")
    .option('--script <file>', 'the Lua source, or - for standard input')
    .option('--type <language>', "the script's language: lua", 'lua')
    .option('--priority <number>', 'higher is asked first', parseInteger)
    .choice('--mode <mode>', 'whether it writes to Pods', ['Enforce', 'DryRun'])
    .option('--parameters <file>', 'values for the script, in YAML or JSON')
    .option('--tests <file>', 'cases that it has to pass before it may serve, in YAML or JSON')
    .option(
      '--replace',
      'where there is a plugin of this name: put all of this in, and keep the rest of its spec',
    )
    .dryRun()
    .output(changeFormats, changeOutput)
    .option('--image <file>', "the same as --script, in deepflow-ctl's words")
    .option('--name <name>', "the plugin's name, in deepflow-ctl's words")
    .wait(untilReady, '30s')
    .clusterOptions()
    .examples(
      [
        'luaplugin create ledger --script ledger.lua --wait',
        'luaplugin create ledger --script ledger.lua --tests tests.yaml --replace',
        'luaplugin create ledger --script ledger.lua --dry-run=client -o yaml > ledger.yaml',
        'luaplugin create --type lua --image ledger.lua --name ledger',
      ],
      'Exit code 1: the plugin is there already, the cluster refuses it, or, with --wait, it is not Ready.',
    )
    .runs(async () => (await import('../commands/create.ts')).create);

  program
    .command('list')
    .description('List the LuaPlugins of the cluster.')
    .output(objectFormats, output)
    .clusterOptions()
    .examples(['luaplugin list', 'luaplugin list -o wide', 'luaplugin list -o json'])
    .runs(async () => (await import('../commands/get.ts')).list);

  program
    .command('get')
    .description('Show a LuaPlugin of the cluster.')
    .pluginName()
    .output(objectFormats, output)
    .clusterOptions()
    .examples(['luaplugin get ledger', 'luaplugin get ledger -o yaml'])
    .runs(async () => (await import('../commands/get.ts')).get);

  program
    .command('delete')
    .description('Delete a LuaPlugin; its Pods go to the next plugin, or to their owners.')
    .pluginName()
    .option('--ignore-not-found', 'one that is not there is no failure')
    .output(['table', 'name'], 'how to write it')
    .clusterOptions()
    .examples(['luaplugin delete ledger', 'luaplugin delete ledger --ignore-not-found'])
    .runs(async () => (await import('../commands/delete.ts')).deletePlugin);

  program
    .command('history')
    .description('List the revisions of a LuaPlugin that a rollback can go to, and what each changed.')
    .pluginName()
    .output(objectFormats, output)
    .operatorNamespace()
    .clusterOptions()
    .examples(['luaplugin history ledger', 'luaplugin history ledger -o yaml'])
    .runs(async () => (await import('../commands/history.ts')).history);

  program
    .command('diff')
    .description('Show what changed from one revision of a LuaPlugin to another, or to its spec.')
    .pluginName()
    .revision('--from', 'the revision before; by default the latest that is different')
    .revision('--to', 'the revision after; by default the spec as it is now')
    .output(formats, 'how to write it')
    .operatorNamespace()
    .clusterOptions()
    .examples(
      ['luaplugin diff ledger', 'luaplugin diff ledger --from 1 --to 3', 'luaplugin diff ledger | less'],
      'Exit code 0, whether or not there is a difference; 1: a revision is not kept.',
    )
    .runs(async () => (await import('../commands/diff.ts')).diff);

  program
    .command('rollback')
    .description('Put an earlier revision of a LuaPlugin back into its spec, as a new generation.')
    .pluginName()
    .revision('--to', 'the revision to go back to; by default the one before the latest change')
    .dryRun()
    .output(changeFormats, changeOutput)
    .operatorNamespace()
    .wait(untilReady, '30s')
    .clusterOptions()
    .examples(
      [
        'luaplugin rollback ledger --wait',
        'luaplugin rollback ledger --to 2 --dry-run=server -o yaml',
        'luaplugin diff ledger --from 2   # what it would take back',
      ],
      'Script, parameters and their schema, limits, match, tests and requires go back; priority, mode and suspend stay.',
      'Exit code 1: the revision is not kept, or, with --wait, the plugin is not Ready.',
    )
    .runs(async () => (await import('../commands/rollback.ts')).rollback);

  program
    .command('explain')
    .description(
      'Tell why a Pod carries its workload: what each plugin and its owners say, and who wrote it.',
    )
    .addArgument(new Argument('<kind>', 'what to explain').choices(['pod']))
    .argument('<pod>', 'the Pod, as NAMESPACE/NAME, or NAME')
    .option('-n, --namespace <name>', "the Pod's namespace; by default that of the kubeconfig's context")
    .option('--config <file>', "the operator's config file, where it is not the default")
    .output(formats, 'how to write it')
    .operatorNamespace()
    .clusterOptions()
    .examples(
      ['luaplugin explain pod shop/cart-0', 'luaplugin explain pod cart-0 -n shop -o json'],
      'The plugins run on this machine, in the revisions that serve; owners are read with your rights.',
      'Exit code 1: there is no such Pod. A Pod that does not carry what it should is explained, with exit code 0.',
    )
    .runs(async () => (await import('../commands/explain/explain.ts')).explain);
}
