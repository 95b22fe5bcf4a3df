import {
  type CommandGrammar,
  type Grammar,
  type OptionGrammar,
  programNames,
  type Values,
} from './grammar.ts';

/** A script for zsh, to be put into a directory of its $fpath, or sourced. */
export function zshScript({ commands, options }: Grammar): string {
  return `#compdef ${programNames.join(' ')}
# Completion of luaplugin for zsh: luaplugin completion zsh > "\${fpath[1]}/_luaplugin"
_luaplugin() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${options.map((option) => `    ${optionSpec(option)} \\\n`).join('')}    '1: :->command' \\
    '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, description }) => `        ${quote(`${name}:${escapeColons(description)}`)}`).join('\n')}
      )
      _describe command commands ;;
    arguments)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == _luaplugin ]]; then _luaplugin "$@"; else compdef _luaplugin ${programNames.join(' ')}; fi
`;
}

function commandCase({ name, options, values }: CommandGrammar): string {
  const specs = options.map(optionSpec);
  if (values !== 'none') specs.push(quote(`*:argument:${action(values)}`));
  return `        ${name}) _arguments ${specs.join(' ')} ;;`;
}

/** As _arguments wants it: `'(-o --output)'{-o,--output}'[how]:value:(json yaml)'`. */
function optionSpec({ flags, description, values }: OptionGrammar): string {
  const text = description.replaceAll(/[[\]]/g, String.raw`\$&`);
  const value = values === 'none' ? '' : `:value:${action(values)}`;
  const [only = ''] = flags;
  if (flags.length === 1) return quote(`${only}[${text}]${value}`);
  return `${quote(`(${flags.join(' ')})`)}{${flags.join(',')}}${quote(`[${text}]${value}`)}`;
}

function action(values: Values): string {
  if (values === 'files') return '_files';
  return typeof values === 'string' ? ' ' : `(${values.join(' ')})`;
}

function escapeColons(text: string): string {
  return text.replaceAll(':', String.raw`\:`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
