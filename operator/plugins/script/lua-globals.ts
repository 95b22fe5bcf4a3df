import { type LuaToken, luaTokens } from '../../sandbox/source/tokens.ts';
import type { LuaDifference } from './lua-differences.ts';

const openers = new Set(['function', 'do', 'then', 'repeat']);
const closers = new Set(['end', 'until', 'elseif', 'else']);

/** A block of the script, and the names that are local in it. */
interface Block {
  readonly isFunction: boolean;
  readonly locals: Set<string>;
}

/**
 * Globals that a function of the script sets: the next Pod does not see them, and DeepFlow's scripts that do it mostly
 * lack a `local`.
 * @returns one for each name, where it is first set
 */
export function globalAssignments(script: string): LuaDifference[] {
  const tokens = luaTokens(script);
  const blocks: Block[] = [{ isFunction: false, locals: new Set() }];
  const found = new Map<string, LuaDifference>();
  /** Names of a `for`, until its `do` opens the block that they are local in. */
  let loop: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as LuaToken;
    if (token.kind !== 'name') continue;
    const { text, line } = token;
    const locals = blocks.at(-1)?.locals ?? new Set<string>();
    if (text === 'local' || text === 'for') {
      const isFunction = tokens[index + 1]?.text === 'function';
      const names = namesFrom(tokens, index + (isFunction ? 2 : 1));
      if (text === 'local') for (const name of names) locals.add(name);
      else loop = names;
      if (isFunction) continue;
    } else if (openers.has(text)) {
      const names = text === 'function' ? parameters(tokens, index) : loop;
      loop = [];
      blocks.push({ isFunction: text === 'function', locals: new Set(names) });
    } else if (closers.has(text)) {
      if (blocks.length > 1) blocks.pop();
      if (text === 'else') blocks.push({ isFunction: false, locals: new Set() });
    } else if (
      isTarget(tokens, index) &&
      !loop.includes(text) &&
      blocks.some(({ isFunction }) => isFunction) &&
      !blocks.some((block) => block.locals.has(text)) &&
      !found.has(text)
    ) {
      found.set(text, {
        line,
        message: `the function sets the global ${text}, which is gone for the next Pod: write local ${text}`,
      });
    }
  }
  return [...found.values()];
}

function namesFrom(tokens: readonly LuaToken[], from: number): string[] {
  const names: string[] = [];
  for (let at = from; tokens[at]?.kind === 'name'; at += 2) {
    names.push(tokens[at]?.text ?? '');
    if (tokens[at + 1]?.text === '<') at += 3;
    if (tokens[at + 1]?.text !== ',') break;
  }
  return names;
}

function parameters(tokens: readonly LuaToken[], at: number): string[] {
  const open = tokens.findIndex(({ text }, index) => index > at && text === '(');
  const names = namesFrom(tokens, open + 1);
  return tokens[open - 2]?.text === ':' ? [...names, 'self'] : names;
}

/** The name on the left of an assignment, alone or in a list; no field, and no key of a table. */
function isTarget(tokens: readonly LuaToken[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? '';
  if (['.', ':', '{', 'goto', 'function'].includes(before)) return false;
  let at = index + 1;
  while (tokens[at]?.text === ',' && tokens[at + 1]?.kind === 'name') at += 2;
  if (tokens[at]?.text !== '=' || tokens[at + 1]?.text === '=') return false;
  // `{ a = 1, b = 2 }`: a comma or a brace before it, and an open brace somewhere.
  return !isInTable(tokens, index);
}

/** Whether an open brace is nearer than the end of a statement's words. */
function isInTable(tokens: readonly LuaToken[], index: number): boolean {
  let depth = 0;
  for (let at = index - 1; at >= 0; at--) {
    const { kind, text } = tokens[at] as LuaToken;
    if (kind === 'symbol' && text === '}') depth++;
    if (kind === 'symbol' && text === '{' && depth-- === 0) return true;
    if (kind === 'name' && depth === 0 && (openers.has(text) || closers.has(text) || text === 'local'))
      return false;
  }
  return false;
}
