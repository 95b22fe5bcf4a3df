import { type CommandGrammar, type Grammar, programNames } from './grammar.ts';

/** A script for bash, 3.2 and newer; it needs no other package. An empty answer means file names. */
export function bashScript({ commands, options }: Grammar): string {
  const names = commands.map(({ name }) => name);
  const flags = options.flatMap((option) => option.flags);
  return `# Completion of luaplugin for bash: source <(luaplugin completion bash)
_luaplugin() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= words= i
  # Bash splits --output=json at the equals sign.
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${names.join(' | ')}) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  case "$command $prev" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$command" in
    '') words='${[...names, ...flags].join(' ')}' ;;
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _luaplugin ${programNames.join(' ')}
`;
}

/** The values of a command's options. */
function valueCases({ name, options }: CommandGrammar): string[] {
  return options
    .filter(({ values }) => values !== 'none')
    .map(({ flags, values }) => {
      const patterns = flags.map((flag) => `'${name} ${flag}'`).join(' | ');
      const answer =
        typeof values !== 'string' ? `COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$cur")); ` : '';
      return `    ${patterns}) ${answer}return ;;`;
    });
}

function commandCase({ name, options, values }: CommandGrammar): string {
  const words = options.flatMap(({ flags }) => flags);
  const choices = typeof values !== 'string' ? values : [];
  // Options only once a dash is there: before it the user wants an argument.
  return choices.length > 0
    ? `    ${name}) words='${[...choices, ...words].join(' ')}' ;;`
    : `    ${name}) if [[ $cur == -* ]]; then words='${words.join(' ')}'; fi ;;`;
}
