import { luaTokens } from './tokens.ts';

/**
 * A script as Lua 5.4 takes it for what it is to gopher-lua: an escape that Lua 5.4 does not know is the character
 * itself, and a number of more than 53 bits is a double. Lines stay what they are.
 * @param script bytes, one character each, or text
 */
export function translateSource(script: string): string {
  if (!script.includes('\\') && !longNumber.test(script)) return script;
  let result = '';
  let copied = 0;
  for (const { kind, start, end } of luaTokens(script)) {
    const text = script.slice(start, end);
    const changed =
      kind === 'string' ? withoutUnknownEscapes(text) : kind === 'number' ? asDouble(text) : text;
    if (changed === text) continue;
    result += script.slice(copied, start) + changed;
    copied = end;
  }
  return result + script.slice(copied);
}

/** A numeral that may be too long, or octal to Go. */
const longNumber = /\d{16}|0[xX][\da-fA-F]{14}|\b00/;
const mostWhole = 2n ** 53n;

/** @param text of a string with its quotes */
function withoutUnknownEscapes(text: string): string {
  if (text.startsWith('[')) return text;
  return text.replace(/\\(x[\da-fA-F]{2}|u\{[\da-fA-F]+\}|[\s\S])/g, (whole, escaped: string) =>
    /^[abfnrtvz\\"'\n\r\d]|^.{2}/.test(escaped) ? whole : escaped,
  );
}

function asDouble(text: string): string {
  // Go reads what is left after one leading zero, and then a second one makes it octal.
  if (/^00[0-7]+$/.test(text)) return String(Number.parseInt(text, 8));
  const isWhole = /^\d+$/.test(text) || /^0[xX][\da-fA-F]+$/.test(text);
  if (!isWhole || BigInt(text) <= mostWhole) return text;
  const number = String(Number(text));
  return /^\d+$/.test(number) ? `${number}.0` : number;
}
