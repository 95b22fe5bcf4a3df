import { Argument } from 'commander';
import type { ProgramCommand } from './command.ts';
import type { Io } from './io.ts';
import { formats, matching, type Shell, shells, subdomainPattern, variants } from './options.ts';

/** The commands that put the operator on a cluster and take it off, and the one for the program itself. */
export function addOperatorCommands(program: ProgramCommand): void {
  program
    .command('install')
    .description('Put the operator on the cluster, or bring the one that is there to this version.')
    .choice('--variant <name>', 'which of the ways to run it', variants, 'default')
    .option(
      '--image <reference>',
      "the operator's image",
      matching(/^[\w][\w./:@-]*$/, 'Write an image as registry.example.com/lua-plugin-operator:0.1.0.'),
    )
    .operatorNamespace('-n, --namespace <name>', "the operator's own namespace")
    .dryRun()
    .option('--force-conflicts', 'take over fields that somebody else has set to something else')
    .choice('-o, --output <format>', 'print the manifests, and do nothing', ['yaml', 'json'])
    .wait('wait until it runs, or tell why it does not; then delete what is left of an earlier one', '5m')
    .clusterOptions()
    .examples(
      [
        'luaplugin install --image registry.example.com/lua-plugin-operator:0.1.0 --wait',
        'luaplugin install --variant high-availability --dry-run=server',
        'luaplugin install -o yaml | kubectl apply -f -',
      ],
      'Run again it upgrades. Exit code 1: a right is missing, the cluster is too old or refuses it, or, with --wait, it does not run.',
    )
    .runs(async () => (await import('../commands/install/install.ts')).install);

  program
    .command('uninstall')
    .description(
      'Take the operator off the cluster; LuaPlugins and annotations stay unless you say otherwise.',
    )
    .option('--crds', 'delete the resource definition, and with it every LuaPlugin')
    .option('--keep-namespace', 'leave the namespace, and what is in it besides the operator')
    .operatorNamespace('-n, --namespace <name>', "the operator's own namespace")
    .option('-y, --yes', 'do not ask first')
    .dryRun()
    .wait('wait until all of it is gone', '5m')
    .clusterOptions()
    .examples(
      ['luaplugin uninstall --dry-run=server', 'luaplugin uninstall --yes --wait && luaplugin cleanup --yes'],
      'Exit code 1: a right is missing, it was not confirmed, or, with --wait, something is left.',
    )
    .runs(async () => (await import('../commands/install/uninstall.ts')).uninstall);

  program
    .command('cleanup')
    .description(
      "Take every annotation of the operator off the cluster's Pods, and what it mirrored, after an uninstall.",
    )
    .option('--dry-run', 'only say how many Pods have some')
    .option('-y, --yes', 'do not ask first')
    .option('--force', 'also while an operator runs, which will write them again')
    .option(
      '--annotation-prefix <prefix>',
      "the annotationPrefix of the operator's config",
      matching(subdomainPattern, 'Write a DNS subdomain, as luaplugin.dev is.'),
      'luaplugin.dev',
    )
    .output(formats, 'how to write the result')
    .operatorNamespace()
    .clusterOptions()
    .examples(
      ['luaplugin cleanup --dry-run', 'kubectl delete -k config/default && luaplugin cleanup --yes'],
      'It may be stopped (Ctrl-C) and run again. Exit code 1: an operator still runs, or Pods are left.',
    )
    .runs(async () => (await import('../commands/cleanup/cleanup.ts')).cleanup);

  program
    .command('completion')
    .description("Print a script that makes a shell complete this program's commands and options.")
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .examples([
      "echo 'source <(luaplugin completion bash)' >> ~/.bashrc",
      `luaplugin completion zsh > "\${fpath[1]}/_luaplugin"`,
      'luaplugin completion fish > ~/.config/fish/completions/luaplugin.fish',
    ])
    .runs(async () => {
      const { completionScript } = await import('../commands/completion/completion.ts');
      return async (shell: Shell, _options: object, io: Io) =>
        void io.stdout.write(completionScript(shell, program));
    });
}
