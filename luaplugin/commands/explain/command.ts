import { Argument, Command, Option } from 'commander';
import { operatorNamespaceOption, withClusterOptions } from '../../cluster/options.ts';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin explain` takes. */
export function explainCommand(io: Io, finish: Finish): Command {
  const command = new Command('explain')
    .description(
      'Tell why a Pod carries its workload: what each plugin and its owners say, and who wrote it.',
    )
    .addArgument(new Argument('<kind>', 'what to explain').choices(['pod']))
    .addArgument(new Argument('<pod>', 'the Pod, as NAMESPACE/NAME, or NAME'))
    .option('-n, --namespace <name>', "the Pod's namespace; by default that of the kubeconfig's context")
    .option('--config <file>', "the operator's config file, where it is not the default")
    .addOption(new Option('-o, --output <format>', 'how to write it').choices(formats).default('table'))
    .addOption(operatorNamespaceOption());
  return withClusterOptions(command)
    .addHelpText(
      'after',
      helpEnd(
        ['luaplugin explain pod shop/cart-0', 'luaplugin explain pod cart-0 -n shop -o json'],
        'The plugins run on this machine, in the revisions that serve; owners are read with your rights.',
        'Exit code 1: there is no such Pod. A Pod that does not carry what it should is explained, with exit code 0.',
      ),
    )
    .action(async (_kind: string, pod: string, options) =>
      finish(await (await import('./explain.ts')).explain(pod, options, io)),
    );
}
