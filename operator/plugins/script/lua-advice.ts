import { type LuaToken, luaTokens } from '../../sandbox/source/tokens.ts';
import { differencesIn, type LuaDifference } from './lua-differences.ts';

/** More than these say nothing new. */
const maxAdvice = 20;

/**
 * What an author should know of a script that may well load: what is not there, and what looks like a misunderstanding
 * of the argument. By its words alone, nothing is run.
 * @returns in the order of lines, at most 20
 */
export function luaAdvice(script: string): LuaDifference[] {
  const tokens = luaTokens(script);
  const decoded = decodedNames(tokens);
  const habits = tokens.flatMap((_, index) => habitAt(tokens, index, decoded));
  const found = [...differencesIn(tokens), ...argumentAsTable(tokens), ...habits];
  const distinct = new Map(found.map((each) => [`${each.line} ${each.message}`, each]));
  return [...distinct.values()].toSorted((a, b) => a.line - b.line).slice(0, maxAdvice);
}

/** Kinds that scripts return, by their plurals. */
const plurals = new Map(
  [
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'CloneSet',
    'ReplicaSet',
    'ReplicationController',
    'Job',
    'CronJob',
    'Rollout',
  ].map((kind) => [`${kind.toLowerCase()}s`, kind]),
);

/** @param decoded names of what came from json.decode */
function habitAt(tokens: readonly LuaToken[], index: number, decoded: ReadonlySet<string>): LuaDifference[] {
  const { kind, text = '', line = 1 } = tokens[index] ?? {};
  const next = tokens[index + 1];
  const second = tokens[index + 2];
  if (kind === 'string') {
    const singular = plurals.get(text.toLowerCase());
    const isResult = tokens.slice(Math.max(0, index - 2), index).some((before) => before.text === 'return');
    return singular !== undefined && isResult
      ? [{ line, message: `a type is in the singular: "${singular}"` }]
      : [];
  }
  if (kind !== 'name') return [];
  if (/owner(s|Ref|References)?$/i.test(text) && next?.text === '[' && second?.text === '0') {
    return [{ line, message: `${text}[0] is nil: lists begin at 1 in Lua` }];
  }
  const name = tokens[index - 2]?.text ?? '';
  if (text === 'metadata' && tokens[index - 1]?.text === '.' && decoded.has(name)) {
    return [
      {
        line,
        message: `the argument is the Pod's metadata itself: ${name}.labels, not ${name}.metadata.labels`,
      },
    ];
  }
  return [];
}

/** Names of what came from json.decode of anything. */
function decodedNames(tokens: readonly LuaToken[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind !== 'name' || tokens[index + 1]?.text !== '=') continue;
    if (tokens.slice(index + 2, index + 6).some((token) => token.text === 'decode')) names.add(text);
  }
  return names;
}

/** Methods of strings: what the argument has. */
const stringMethods = new Set([
  'byte',
  'find',
  'format',
  'gmatch',
  'gsub',
  'len',
  'lower',
  'match',
  'rep',
  'reverse',
  'sub',
  'upper',
  'gfind',
]);

/** Fields of the argument, which is text. */
function argumentAsTable(tokens: readonly LuaToken[]): LuaDifference[] {
  const start = tokens.findIndex(({ text }) => text === 'GetWorkloadTypeAndName');
  const rest = start < 0 ? [] : tokens.slice(start + 1);
  const open = rest.findIndex(({ text }) => text === '(');
  const argument = rest[open + 1];
  if (open < 0 || open > 2 || argument?.kind !== 'name') return [];
  const body = rest.slice(open + 2);
  for (const [index, { kind, text, line }] of body.entries()) {
    if (kind !== 'name' || text !== argument.text || ['.', ':'].includes(body[index - 1]?.text ?? ''))
      continue;
    const [next, field] = body.slice(index + 1, index + 3);
    // Set to something else, or hidden by another name like it.
    if (next?.text === '=' && field?.text !== '=') return [];
    const isField = next?.text === '.' && field?.kind === 'name' && !stringMethods.has(field.text);
    if (isField || next?.text === '[') {
      const message = `${text} is JSON text, and has no fields: local meta = require("dkjson").decode(${text}, 1, nil)`;
      return [{ line, message }];
    }
  }
  return [];
}
