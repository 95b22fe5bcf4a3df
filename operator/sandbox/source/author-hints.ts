import { type LuaToken, luaTokens } from './tokens.ts';

/** What the script's own text adds to an error that Lua reports. */

const wanted = 'GetWorkloadTypeAndName';
/** DeepFlow's name for it until it could name types, too. */
const earlierNames = ['GetLoadsTypeName'];

/**
 * Why there is no global function GetWorkloadTypeAndName.
 * @param found the type of what there is
 */
export function missingFunction(script: string, found: string): string {
  const required = `the script must define the global function ${wanted}`;
  const tokens = luaTokens(script);
  for (const [index, { kind, text, line }] of tokens.entries()) {
    if (kind !== 'name' || !isDefinition(tokens, index)) continue;
    const before = tokens[index - 1]?.text === 'function' ? tokens[index - 2] : tokens[index - 1];
    if (text === wanted && before?.text === 'local') return `${required}, but line ${line} makes it local`;
    if (text === wanted && tokens[index - 1]?.text === '.') continue;
    if (earlierNames.includes(text))
      return `${required}; ${text}, in line ${line}, is what DeepFlow called it before`;
    if (text !== wanted && text.toLowerCase().replaceAll('_', '') === wanted.toLowerCase())
      return `${required}, but line ${line} spells it ${text}`;
  }
  return isFolded(script) ? `${required}: ${foldedHint}` : `${required}, but it is ${found}`;
}

/** `function name`, or `name =`. */
function isDefinition(tokens: readonly LuaToken[], index: number): boolean {
  if (tokens[index - 1]?.text === 'function') return true;
  return tokens[index + 1]?.text === '=' && tokens[index + 2]?.text !== '=';
}

/**
 * What a compile error may come from: `script: >` in YAML joins lines, so that a comment swallows what follows it.
 * @returns the message, with that advice where it fits
 */
export function withFoldedHint(script: string, message: string): string {
  return message.includes('near <eof>') && isFolded(script) ? `${message}: ${foldedHint}` : message;
}

const foldedHint = 'a comment swallows what follows it; in YAML write "script: |", not "script: >"';

/** Whether a comment holds what looks like a script. */
function isFolded(script: string): boolean {
  const swallowed = /--(?!\[).*\b(?:local|function|return)\b.*\bend\b/;
  return script.split('\n').some((line) => swallowed.test(line));
}

/**
 * Names the argument that a function refused, as it stands in the script: Lua names what is indexed, but no arguments.
 * @param line the script's line that the message names
 */
export function withArgument(script: string, line: number | undefined, message: string): string {
  const found = /bad argument #1 to '(\w+)' \(.* expected, got (nil|no value)\)/.exec(message);
  if (line === undefined || found === null) return message;
  // The line alone: a call that fails must not take as long as reading the whole script.
  const tokens = luaTokens(script.split('\n', line)[line - 1] ?? '');
  const calls = tokens.flatMap((token, index) =>
    token.text === found[1] && tokens[index + 1]?.text === '(' ? [index + 2] : [],
  );
  const [start] = calls;
  if (start === undefined || calls.length > 1) return message;
  let name = '';
  for (let at = start; at < tokens.length; at++) {
    const { kind = 'symbol', text = '' } = tokens[at] ?? {};
    const isPart = kind === 'name' || (kind === 'symbol' && text === '.');
    if (!isPart)
      return name !== '' && name !== 'nil' && (text === ')' || text === ',')
        ? `${message}: ${name} is nil`
        : message;
    name += text;
  }
  return message;
}
