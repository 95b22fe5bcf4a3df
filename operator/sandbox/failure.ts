import type { Failure, FailureReason } from './contract.ts';
import type { LuaError } from './engine/state.ts';
import { withArgument, withFoldedHint } from './source/author-hints.ts';
import { boundedMessage, messageFromBytes } from './text.ts';

/** A failure in our own words. */
export function failure(reason: FailureReason, message: string): Failure {
  return { reason, message: boundedMessage(message) };
}

/**
 * A failure in Lua's words, with the script's line if they name one.
 * @param plugin the script's name in messages, as in `opengauss:12: attempt to index a nil value`.
 * @param script its text, which may tell more than Lua does.
 * @param otherwise the reason of an error that is neither of syntax nor of memory.
 */
export function luaFailure(
  plugin: string,
  script: string,
  error: LuaError,
  otherwise: 'load' | 'runtime',
): Failure {
  const reason: FailureReason =
    error.kind === 'syntax' ? 'compile' : error.kind === 'memory' ? 'memory' : otherwise;
  const text = messageFromBytes(error.message);
  const line = lineOf(plugin, text);
  const hinted = reason === 'compile' ? withFoldedHint(script, text) : withArgument(script, line, text);
  const message = boundedMessage(hinted);
  return line === undefined ? { reason, message } : { reason, message, line };
}

/** Lua shortens a script's name to 59 characters. */
const chunkNameCharacters = 59;

function lineOf(plugin: string, message: string): number | undefined {
  const prefix = `${plugin.slice(0, chunkNameCharacters)}:`;
  if (!message.startsWith(prefix)) return undefined;
  const digits = /^\d+/.exec(message.slice(prefix.length));
  return digits ? Number(digits[0]) : undefined;
}
