import type { Failure } from '../../operator/sandbox/contract.ts';
import type { ScriptLines } from './script-lines.ts';

/** Lua shortens a script's name to 59 characters in its messages. */
const chunkNameCharacters = 59;

/**
 * A failure's text with the places that Lua names in it, `plugin:3:`, turned into places of the file. The first
 * one goes: it stands before the message already.
 */
export function failureMessage(failure: Failure, plugin: string, file: string, lines: ScriptLines): string {
  const name = plugin.slice(0, chunkNameCharacters).replaceAll(/[^\w]/g, String.raw`\$&`);
  const message = failure.message
    .replace(new RegExp(`^${name}:(\\d+:)? `), '')
    .replaceAll(new RegExp(`${name}:(\\d+):`, 'g'), (_, line) => `${file}:${lines.lineOf(Number(line))}:`)
    .replaceAll(/\b(at|on) line (\d+)\b/g, (text, word, line) =>
      failure.reason === 'compile' && lines.isExact ? `${word} line ${lines.lineOf(Number(line))}` : text,
    );
  if (failure.line === undefined || lines.isExact) return message;
  return `${message} (line ${failure.line} of the script)`;
}
