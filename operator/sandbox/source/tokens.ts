/** One word of a script. */
export interface LuaToken {
  /** `symbol` is an operator or a bracket, one character each; keywords are names. */
  readonly kind: 'name' | 'number' | 'string' | 'symbol';
  /** As it stands in the script; a string without its quotes, its escapes unread. */
  readonly text: string;
  /** Counts from 1. */
  readonly line: number;
  /** Where it begins and ends in the script, quotes and all. */
  readonly start: number;
  readonly end: number;
}

/** Sticky, so that no place of the script is looked at twice. What none of them fits is a symbol. */
const patterns = {
  space: /\s+/y,
  comment: /--(?!\[=*\[)[^\n]*/y,
  longOpening: /(?:--)?\[(=*)\[/y,
  name: /[A-Za-z_]\w*/y,
  number: /0[xX][\da-fA-F.]+(?:[pP][-+]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y,
  string: /"((?:[^"\\\n]|\\.)*)"?|'((?:[^'\\\n]|\\.)*)'?/sy,
};

/**
 * Splits a Lua script into its words, without comments. For a look at what a script uses, not for judging it: on what
 * is no Lua it goes on as well as it can.
 */
export function luaTokens(script: string): LuaToken[] {
  const tokens: LuaToken[] = [];
  let at = 0;
  let line = 1;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(script);
  };
  const pass = (text: string) => {
    at += text.length;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) line += 1;
  };
  while (at < script.length) {
    const skipped = take(patterns.space) ?? take(patterns.comment);
    if (skipped !== null) {
      pass(skipped[0]);
      continue;
    }
    const first = line;
    const start = at;
    const long = take(patterns.longOpening);
    if (long !== null) {
      const [opening, level = ''] = long;
      const from = at + opening.length;
      const end = script.indexOf(`]${level}]`, from);
      const text = script.slice(from, end < 0 ? undefined : end);
      pass(script.slice(at, end < 0 ? undefined : end + level.length + 2));
      if (!opening.startsWith('--')) tokens.push({ kind: 'string', text, line: first, start, end: at });
      continue;
    }
    const [kind, found] = wordAt(take);
    const text = found?.[0] ?? script.charAt(at);
    pass(text);
    const inner = kind === 'string' ? (found?.[1] ?? found?.[2] ?? '') : text;
    tokens.push({ kind, text: inner, line: first, start, end: at });
  }
  return tokens;
}

function wordAt(take: (pattern: RegExp) => RegExpExecArray | null) {
  for (const kind of ['name', 'number', 'string'] as const) {
    const found = take(patterns[kind]);
    if (found !== null) return [kind, found] as const;
  }
  return ['symbol', null] as const;
}
