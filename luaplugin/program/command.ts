import { Command, Option } from 'commander';
import { type ExitCode, exitCodes } from './errors.ts';
import type { Io } from './io.ts';
import { labelPattern, matching, parseRequestTimeout, parseRevision, parseTime } from './options.ts';

/** Takes a command's exit code once it is done. */
export type Finish = (code: ExitCode) => void;

/** What a command does with its arguments and options. @returns its exit code; nothing: done */
type Action<Words extends unknown[]> = (...words: [...Words, Io]) => Promise<ExitCode> | Promise<void>;

/** Commander's command, with what several of the program's commands have in common. */
export class ProgramCommand extends Command {
  readonly #io: Io;
  readonly #finish: Finish;

  constructor(io: Io, finish: Finish, name?: string) {
    super(name);
    this.#io = io;
    this.#finish = finish;
  }

  override createCommand(name?: string): ProgramCommand {
    return new ProgramCommand(this.#io, this.#finish, name);
  }

  /** The plugin of the cluster that the command is about. */
  pluginName(): this {
    return this.argument('<name>', "the LuaPlugin's name");
  }

  /** An option that takes one of some words. @param byDefault absent: it may be left out */
  choice(flags: string, description: string, words: readonly string[], byDefault?: string): this {
    return this.addOption(new Option(flags, description).choices(words).default(byDefault));
  }

  /** How results are written. */
  output(formats: readonly string[], description: string): this {
    return this.choice('-o, --output <format>', description, formats, 'table');
  }

  /** An option that takes a time. @param byDefault as a user would write it */
  time(flags: string, description: string, byDefault: string): this {
    const option = new Option(flags, description).argParser(parseTime);
    return this.addOption(option.default(parseTime(byDefault), byDefault));
  }

  /** A revision of a plugin. @param flag as in `--to` */
  revision(flag: string, description: string): this {
    return this.option(`${flag} <revision>`, description, parseRevision);
  }

  /** The namespace that the operator runs in, and keeps revisions in. */
  operatorNamespace(flags = '--operator-namespace <name>', description = 'where the operator runs'): this {
    const parse = matching(labelPattern, "Write a namespace's name.");
    return this.option(flags, description, parse, 'luaplugin-system');
  }

  /** Says what would be done, and changes nothing. */
  dryRun(): this {
    const description = 'change nothing; with server the API server checks it, too';
    return this.choice('--dry-run <where>', description, ['client', 'server']);
  }

  /** Waits for what the command began. @param timeout for how long by default, as a user would write it */
  wait(description: string, timeout: string): this {
    return this.option('--wait', description).time(
      '--timeout <time>',
      'how long to wait at the most',
      timeout,
    );
  }

  /** The options by which kubectl, too, finds its cluster. */
  clusterOptions(): this {
    return this.option('--kubeconfig <file>', 'the kubeconfig; by default $KUBECONFIG, or ~/.kube/config')
      .option('--context <name>', "which of the kubeconfig's contexts; by default the current one")
      .option(
        '--request-timeout <time>',
        'how long to wait for an answer, by default 30s; 0 waits for ever',
        parseRequestTimeout,
      );
  }

  /** The end of the help: lines to try, and what else to know. */
  examples(lines: readonly string[], ...notes: string[]): this {
    const indented = lines.map((line) => `  ${line}`);
    const apart = notes.flatMap((note) => ['', note]);
    return this.addHelpText('after', ['', 'Examples:', ...indented, ...apart].join('\n'));
  }

  /** @param load gives what the command does; called when that is asked for, so that help is there at once */
  runs<Words extends unknown[]>(load: () => Promise<Action<Words>>): this {
    return this.action(async (...words: unknown[]) => {
      const action = await load();
      // The last one is the command.
      const code = await action(...(words.slice(0, -1) as Words), this.#io);
      this.#finish(code ?? exitCodes.done);
    });
  }
}
