import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { durationOption } from '../input/duration-option.ts';
import { isLabel, isSubdomain } from './names.ts';

/** Which cluster a command works on, and how long it waits for an answer. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** In milliseconds, for a single call. Absent: half a minute, for a page of a long list a whole one. */
  readonly requestTimeout?: number;
}

/** Gives a command the options by which kubectl, too, finds its cluster. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the kubeconfig; by default $KUBECONFIG, or ~/.kube/config')
    .option('--context <name>', "which of the kubeconfig's contexts; by default the current one")
    .addOption(
      new Option(
        '--request-timeout <time>',
        'how long to wait for an answer, by default 30s; 0 waits for ever',
      ).argParser(requestTimeout),
    );
}

/** The plugin that a command is about. */
export function nameArgument(): Argument {
  return new Argument('<name>', "the LuaPlugin's name");
}

/** The formats that kubectl's users expect of what it gets. */
export const objectFormats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type ObjectFormat = (typeof objectFormats)[number];

/** How objects are written. */
export function objectFormatOption(): Option {
  return new Option('-o, --output <format>', 'how to write them').choices(objectFormats).default('table');
}

/** The formats of a command that does something with an object: what it did, its name, or the object afterwards. */
export const changeFormats = ['table', 'json', 'yaml', 'name'] as const;
export type ChangeFormat = (typeof changeFormats)[number];

/** How what was done is written. */
export function changeFormatOption(): Option {
  return new Option('-o, --output <format>', 'write the object instead of what was done')
    .choices(changeFormats)
    .default('table');
}

/** Where changes are tried out: by this program alone, or by the API server too. */
export type DryRun = 'client' | 'server';

/** Says what would be done, and changes nothing. */
export function dryRunOption(): Option {
  return new Option('--dry-run <where>', 'change nothing; with server the API server checks it, too').choices(
    ['client', 'server'],
  );
}

/** How long a command waits until a plugin is Ready. */
export interface WaitOptions {
  readonly wait?: boolean;
  /** In milliseconds. */
  readonly timeout: number;
}

/** Gives a command the options of waiting for the operator. */
export function withWaitOptions(command: Command): Command {
  return command
    .option('--wait', 'wait until the plugin is Ready, or tell why it is not')
    .addOption(timeoutOption(30_000, '30s'));
}

/** How long `--wait` waits. @param byDefault in milliseconds @param text the same as a user writes it */
export function timeoutOption(byDefault: number, text: string): Option {
  return new Option('--timeout <time>', 'how long to wait at the most')
    .argParser(durationOption)
    .default(byDefault, text);
}

/** A revision's number. @param flag as in `--to` */
export function revisionOption(flag: string, description: string): Option {
  return new Option(`${flag} <revision>`, description).argParser((text: string) => {
    if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
    throw new InvalidArgumentError("Write a revision's number, as luaplugin history shows it.");
  });
}

/** The namespace that the operator runs in, and keeps revisions in. */
export function operatorNamespaceOption(): Option {
  return new Option('--operator-namespace <name>', 'where the operator runs')
    .argParser(checked(isLabel, "Write a namespace's name."))
    .default('luaplugin-system');
}

/** The namespace that an install puts the operator in. */
export function installNamespaceOption(): Option {
  return new Option('-n, --namespace <name>', "the operator's own namespace")
    .argParser(checked(isLabel, "Write a namespace's name."))
    .default('luaplugin-system');
}

/** What the operator's annotations begin with. */
export function annotationPrefixOption(): Option {
  return new Option('--annotation-prefix <prefix>', "the annotationPrefix of the operator's config")
    .argParser(checked(isSubdomain, 'Write a DNS subdomain, as luaplugin.dev is.'))
    .default('luaplugin.dev');
}

/** The text as it is, if it is one. */
function checked(isOne: (text: string) => boolean, advice: string): (text: string) => string {
  return (text) => {
    if (isOne(text)) return text;
    throw new InvalidArgumentError(advice);
  };
}

/** How long to wait for an answer; kubectl takes bare seconds, too. */
function requestTimeout(text: string): number {
  if (/^0+(ms|s|m|h)?$/.test(text)) return foreverMs;
  return Math.min(foreverMs, durationOption(/^\d+$/.test(text) ? `${text}s` : text));
}

/** As long as a timer can be. */
const foreverMs = 2 ** 31 - 1;
