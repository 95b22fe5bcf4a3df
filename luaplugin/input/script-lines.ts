import { parse } from 'yaml';
import type { Failure } from '../../operator/sandbox/contract.ts';

/** Where the lines of a script stand in the file that holds it. */
export interface ScriptLines {
  /** Whether each line of the script is one line of the file. */
  readonly isExact: boolean;
  /** @param line of the script, from 1; undefined for the script as a whole. @returns the file's line, from 1 */
  lineOf(line: number | undefined): number;
}

/** A script that is a file of its own. */
export const ownFile: ScriptLines = { isExact: true, lineOf: (line) => line ?? 1 };

/**
 * Maps the lines of a YAML scalar.
 * @param source the scalar as it stands in the file, from its quote, or its `|` or `>`
 * @param type as the yaml package names the styles
 * @param firstLine the file's line on which `source` begins
 */
export function scriptLines(source: string, type: string, firstLine: number): ScriptLines {
  if (type === 'BLOCK_LITERAL') {
    // Lua can name the line after the last one, where the next key of the document is.
    const count = source.trimEnd().split('\n').length - 1;
    return { isExact: true, lineOf: (line = 0) => firstLine + Math.min(line, count) };
  }
  return {
    isExact: false,
    lineOf: (line) => (line === undefined ? firstLine : firstLine + foldedLine(source, type, line)),
  };
}

/** YAML joins the lines of the other styles, and a quoted text can hold many in one: the parser itself has to say. */
function foldedLine(source: string, type: string, wanted: number): number {
  const isBlock = type === 'BLOCK_FOLDED';
  // An indent given in figures counts from a key that is not here; the parser finds it out by itself.
  const lines = (isBlock ? source.replace(/^>([-+]?)\d/, '>$1') : source).split('\n');
  const first = isBlock ? 1 : 0;
  let low = first;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scriptLineAt(lines, type, middle) >= wanted) high = middle;
    else low = middle + 1;
  }
  // In quotes a line of the script can begin inside a line of the file, after an escape.
  const beginsHere = isBlock || lines[low - 1]?.trim() === '';
  if (beginsHere && low < lines.length && scriptLineAt(lines, type, low) === wanted) return low;
  return Math.max(first, low - 1);
}

const closing: Readonly<Record<string, string>> = { QUOTE_DOUBLE: 'x"', QUOTE_SINGLE: "x'" };

/** Which line of the script goes on at the beginning of the source's line at an index. */
function scriptLineAt(lines: readonly string[], type: string, index: number): number {
  if (index === 0) return 1;
  const line = lines[index] ?? '';
  const indented = line.trim() === '' ? lines.slice(1).find((other) => other.trim() !== '') : line;
  const indent = /^\s*/.exec(indented ?? '')?.[0] ?? '';
  const text: unknown = parse(`${lines.slice(0, index).join('\n')}\n${indent}${closing[type] ?? 'x'}`, {
    logLevel: 'silent',
  });
  return String(text).trimEnd().split('\n').length;
}

/** Lua shortens a script's name to 59 characters in its messages. */
const chunkNameCharacters = 59;

/** Matches the name under which Lua and the operator speak of a plugin's script. */
export function luaNamePattern(plugin: string): string {
  const names = `${plugin}|${plugin.slice(0, chunkNameCharacters)}`;
  return `(?:${names.replaceAll(/[^\w|]/g, String.raw`\$&`)})`;
}

/**
 * A failure's text with the places that Lua names in it, `plugin:3:`, turned into places of the file. The first
 * one goes: it stands before the message already.
 */
export function failureMessage(failure: Failure, plugin: string, file: string, lines: ScriptLines): string {
  const name = luaNamePattern(plugin);
  const message = failure.message
    .replace(new RegExp(`^${name}:(\\d+:)? `), '')
    .replaceAll(new RegExp(`${name}:(\\d+):`, 'g'), (_, line) => `${file}:${lines.lineOf(Number(line))}:`)
    .replaceAll(/\b(at|on) line (\d+)\b/g, (text, word, line) =>
      failure.reason === 'compile' && lines.isExact ? `${word} line ${lines.lineOf(Number(line))}` : text,
    );
  if (failure.line === undefined || lines.isExact) return message;
  return `${message} (line ${failure.line} of the script)`;
}
