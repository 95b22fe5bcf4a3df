import { type LuaToken, luaTokens } from '../../sandbox/source/tokens.ts';

/** Something in a script that its author should know; docs/lua.md lists all of it. */
export interface LuaDifference {
  /** The script's line. */
  readonly line: number;
  /** What is used, and what to write instead. */
  readonly message: string;
}

const notHere = 'is not there in the sandbox';

/** Global functions that fail when they are called. The hints are those of operator/sandbox/lua-library. */
const functions: Readonly<Record<string, string>> = {
  setfenv: "setfenv is not in Lua 5.4: use load(text, name, 't', environment) or a local _ENV",
  module: 'module is not in Lua 5.4: return a table instead',
  newproxy: 'newproxy is not in Lua 5.4: use setmetatable({}, metatable)',
  dofile: `dofile ${notHere}: it has no files`,
  loadfile: `loadfile ${notHere}: it has no files`,
};
/** Fields of global tables; `*` is every field that is not named. An empty hint: it is there. */
const fields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  table: { setn: 'table.setn is not in Lua 5.4: the length is that of the list' },
  string: { dump: `string.dump ${notHere}` },
  package: { loadlib: `package.loadlib ${notHere}: only require("dkjson") works` },
  io: { '*': `io ${notHere}: it has no files` },
  debug: { '*': `debug ${notHere}` },
  ngx: { '*': `ngx ${notHere}: print says what luaplugin run and test show` },
  cjson: { '*': `cjson ${notHere}: require("dkjson") decodes and encodes` },
  bit: { '*': `bit ${notHere}: Lua 5.4 has &, |, ~, << and >>, which DeepFlow has not` },
  bit32: { '*': `bit32 ${notHere}: Lua 5.4 has &, |, ~, << and >>, which DeepFlow has not` },
  os: {
    getenv: `${notHere}: put the value into spec.parameters, and read it as parameters.NAME`,
    '*': `${notHere}: of os there are time, clock, difftime and date`,
    time: '',
    clock: '',
    difftime: '',
    date: '',
  },
};
const argMessage = "arg is not in Lua 5.4: use select('#', ...) or {...}";
const getfenvMessage = "getfenv is not in Lua 5.4: a function's globals are its upvalue _ENV";

/** More than these say nothing new. */
const maxDifferences = 20;

/**
 * Looks for what docs/lua.md lists as missing: by its words alone, nothing is run. A name that the script defines
 * itself is its own affair. What cannot be seen from words (a fraction where a whole number is wanted) is not found.
 * @returns one for each line and name, in the script's order, at most 20
 */
export function luaDifferences(script: string): LuaDifference[] {
  return differencesIn(luaTokens(script));
}

/** The same of a script that was split into its words already. */
export function differencesIn(tokens: readonly LuaToken[]): LuaDifference[] {
  const own = ownNames(tokens);
  const found = new Map<string, LuaDifference>();
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'name' || own.has(token.text) || isField(tokens[index - 1], tokens[index - 2]))
      continue;
    const message = differenceAt(tokens, index);
    if (message === undefined) continue;
    found.set(`${token.line} ${message}`, { line: token.line, message });
    if (found.size === maxDifferences) break;
  }
  return [...found.values()];
}

function differenceAt(tokens: readonly LuaToken[], index: number): string | undefined {
  const { text = '' } = tokens[index] ?? {};
  const [next, second, third] = tokens.slice(index + 1, index + 4);
  if (Object.hasOwn(functions, text)) return isCall(next) ? functions[text] : undefined;
  if (Object.hasOwn(fields, text)) {
    if (next?.text !== '.' || next.kind !== 'symbol' || second?.kind !== 'name') return undefined;
    const known = fields[text] ?? {};
    const message = Object.hasOwn(known, second.text) ? known[second.text] : known['*'];
    if (message === '') return undefined;
    return text === 'os' && message !== undefined ? `os.${second.text} ${message}` : message;
  }
  switch (text) {
    case 'getfenv': {
      const isOfGlobals =
        second?.text === ')' || (['0', '1'].includes(second?.text ?? '') && third?.text === ')');
      return next?.text === '(' && !isOfGlobals ? getfenvMessage : undefined;
    }
    case 'arg':
      return isUseOfArg(tokens[index - 1], next) ? argMessage : undefined;
    case 'require': {
      const name = next?.text === '(' ? second : next;
      if (name?.kind !== 'string' || name.text === 'dkjson') return undefined;
      return `require("${name.text}") finds nothing: dkjson is the only library`;
    }
    default:
      return undefined;
  }
}

/** `arg[1]`, `arg.n`, `#arg`, or arg as an argument. */
function isUseOfArg(before: LuaToken | undefined, next: LuaToken | undefined): boolean {
  if (before?.text === '#' || next?.text === '[' || next?.text === '.') return true;
  return (before?.text === '(' || before?.text === ',') && (next?.text === ')' || next?.text === ',');
}

function isCall(next: LuaToken | undefined): boolean {
  return next?.kind === 'string' || next?.text === '(' || next?.text === '{';
}

/** `x.name` and `x:name`, but not `x..name` and `::name`. */
function isField(before: LuaToken | undefined, beforeThat: LuaToken | undefined): boolean {
  if (before?.kind !== 'symbol' || (before.text !== '.' && before.text !== ':')) return false;
  return beforeThat?.kind !== 'symbol' || beforeThat.text !== before.text;
}

/** Names that the script gives a meaning: locals, parameters, functions, and globals that it sets. */
function ownNames(tokens: readonly LuaToken[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind !== 'name') continue;
    if (text === 'local' || text === 'for') {
      for (let at = index + 1; tokens[at]?.kind === 'name'; at += 2) {
        names.add(tokens[at]?.text ?? '');
        if (tokens[at + 1]?.text !== ',') break;
      }
    } else if (text === 'function') {
      // Its brackets and commas among the names do no harm.
      for (let at = index + 1; isInHeader(tokens[at]); at += 1) names.add(tokens[at]?.text ?? '');
    } else if (isAssigned(tokens, index)) names.add(text);
  }
  return names;
}

/** A word of a function's name and parameters, up to the closing bracket. */
function isInHeader(token: LuaToken | undefined): boolean {
  if (token?.kind === 'name') return token.text !== 'function';
  return token?.kind === 'symbol' && ['.', ':', ',', '('].includes(token.text);
}

/** `name = value`, but not `name == value`; a key of a table constructor looks the same, and does no harm. */
function isAssigned(tokens: readonly LuaToken[], index: number): boolean {
  const [next, second] = tokens.slice(index + 1, index + 3);
  return next?.text === '=' && second?.text !== '=' && !isField(tokens[index - 1], tokens[index - 2]);
}
