import { Argument, Command, Option } from 'commander';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin run` takes. */
export function runCommand(io: Io, finish: Finish): Command {
  return new Command('run')
    .description('Ask a plugin about Pods: their workloads, the time it took, and what the script prints.')
    .addArgument(
      new Argument('<plugin>', 'a LuaPlugin in YAML or JSON, a .lua file, or - for standard input'),
    )
    .option('--metadata <file>', "a Pod's metadata in JSON or YAML, or - for standard input")
    .option('--pods <file>', 'Pods, as "kubectl get pods -o json" prints them, or - for standard input')
    .option('--name <name>', 'which plugin, where a file holds several')
    .addOption(
      new Option('-o, --output <format>', 'how to write the results').choices(formats).default('table'),
    )
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin run examples/opengauss.yaml --pods examples/pods/opengauss.yaml',
          'kubectl get pods -A -o json | luaplugin run my-plugin.lua --pods -',
          `echo '{"name": "ledger-0"}' | luaplugin run examples/name-from-pod.yaml --metadata -`,
        ],
        'spec.match is heeded. Exit code 1: the script does not load, or a call ended in an error.',
      ),
    )
    .action(async (plugin: string, options) =>
      finish(await (await import('./run.ts')).run(plugin, options, io)),
    );
}
