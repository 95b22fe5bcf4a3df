import { isKind, isPrintable, maxNameBytes } from '../api/workload.ts';
import type { Answer } from './contract.ts';
import type { LuaResult } from './engine/state.ts';
import { failure } from './failure.ts';
import { canonicalKind } from './kinds.ts';
import { messageFromBytes, textOf } from './text.ts';

const skipped: Answer = { result: 'skipped' };

/**
 * What a script's two results say of the Pod.
 * An empty string, or no result at all, is "not mine". Two strings are a kind and a name; all else is the
 * script's mistake.
 * @param allowedTypes the only kinds that count, in their usual capitals; undefined allows any.
 */
export function answerOf(
  type: LuaResult,
  name: LuaResult,
  allowedTypes: ReadonlySet<string> | undefined,
): Answer {
  if (type === '' || name === '') return skipped;
  if (typeof type !== 'string' || typeof name !== 'string') {
    if (isNil(type) && isNil(name)) return skipped;
    return invalid(
      `GetWorkloadTypeAndName must return two strings, but returned ${show(type)} and ${show(name)}`,
    );
  }
  if (!isKind(type)) return invalid(`the type ${show(type)} is not a Kubernetes kind`);
  const kind = canonicalKind(type);
  if (allowedTypes && !allowedTypes.has(kind)) {
    return invalid(`the type ${kind} is not allowed; allowed are ${[...allowedTypes].join(', ')}`);
  }
  if (name.length > maxNameBytes)
    return invalid(`the name is longer than ${maxNameBytes} bytes: ${show(name)}`);
  const text = textOf(name);
  if (text === undefined || !isPrintable(text))
    return invalid(`the name is not printable UTF-8: ${show(name)}`);
  return { result: 'resolved', type: kind, name: text };
}

function isNil(result: LuaResult): boolean {
  return typeof result !== 'string' && result.type === 'nil';
}

function show(result: LuaResult): string {
  if (typeof result !== 'string') {
    if (result.type === 'nil') return 'nil';
    return result.preview === '' ? `a ${result.type}` : `the ${result.type} ${result.preview}`;
  }
  const text = messageFromBytes(result.slice(0, 40));
  return `"${text}"${result.length > 40 ? '...' : ''}`;
}

function invalid(message: string): Answer {
  return { result: 'error', failure: failure('invalid_result', message) };
}
