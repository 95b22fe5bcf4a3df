import { type Grammar, type OptionGrammar, programNames, type Values } from './grammar.ts';

/** A script for fish, to be put into its completions directory. */
export function fishScript({ commands, options }: Grammar): string {
  const lines = [
    '# Completion of luaplugin for fish: luaplugin completion fish > ~/.config/fish/completions/luaplugin.fish',
  ];
  for (const program of programNames) {
    const line = (condition: string, rest: string) =>
      lines.push(`complete -c ${program} -n ${quote(condition)} ${rest}`);
    for (const option of options) line('__fish_use_subcommand', optionWords(option));
    for (const { name, description, options: own, values } of commands) {
      line('__fish_use_subcommand', `-f -a ${name} -d ${quote(description)}`);
      const condition = `__fish_seen_subcommand_from ${name}`;
      if (values !== 'files')
        line(condition, typeof values === 'string' ? '-f' : `-f -a ${quote(values.join(' '))}`);
      for (const option of own) line(condition, optionWords(option));
    }
  }
  return `${lines.join('\n')}\n`;
}

function optionWords({ flags, description, values }: OptionGrammar): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...value(values), `-d ${quote(description)}`].join(' ');
}

function value(values: Values): string[] {
  if (values === 'none') return [];
  if (values === 'files') return ['-r -F'];
  return typeof values === 'string' ? ['-x'] : [`-x -a ${quote(values.join(' '))}`];
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
