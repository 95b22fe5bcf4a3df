const backslash = 0x5c;
const lowerU = 0x75;

/** What stands after a backslash and is not itself. */
const escapes = new Map(
  [
    ['b', 0x08],
    ['f', 0x0c],
    ['n', 0x0a],
    ['r', 0x0d],
    ['t', 0x09],
  ].map(([letter, byte]) => [String(letter).charCodeAt(0), Number(byte)]),
);

/**
 * Writes a JSON string without its escapes, as dkjson does: an unknown escape is the character itself, surrogate pairs
 * are one character, and a lone surrogate is encoded like any other number.
 * @param bytes holds the source and the target, which must not overlap.
 * @returns the length of what was written, never more than the source's.
 */
export function withoutEscapes(bytes: Uint8Array, start: number, length: number, target: number): number {
  const end = start + length;
  let to = target;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte !== backslash) {
      bytes[to++] = byte;
      continue;
    }
    at++;
    const escaped = bytes[at] as number;
    const unit = escaped === lowerU ? hexUnit(bytes, at + 1, end) : -1;
    if (unit < 0) {
      bytes[to++] = escapes.get(escaped) ?? escaped;
      continue;
    }
    at += 4;
    const isHigh = unit >= 0xd800 && unit <= 0xdbff;
    const low =
      isHigh && bytes[at + 1] === backslash && bytes[at + 2] === lowerU ? hexUnit(bytes, at + 3, end) : -1;
    if (low >= 0xdc00 && low <= 0xdfff) {
      at += 6;
      to = writeCodePoint(bytes, to, 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00));
    } else {
      to = writeCodePoint(bytes, to, unit);
    }
  }
  return to - target;
}

/** The number in the four bytes after `\u`, or -1. As dkjson has it, blanks around fewer digits are fine. */
function hexUnit(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let start = at;
  let stop = at + 4;
  while (start < stop && isBlank(bytes[start] as number)) start++;
  while (stop > start && isBlank(bytes[stop - 1] as number)) stop--;
  const isNegative = bytes[start] === 0x2d;
  if (isNegative) start++;
  if (start === stop) return -1;
  let value = 0;
  for (let i = start; i < stop; i++) {
    const byte = bytes[i] as number;
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x61 + 10;
    else return -1;
  }
  return isNegative && value > 0 ? -1 : value;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function writeCodePoint(bytes: Uint8Array, to: number, code: number): number {
  let at = to;
  if (code < 0x80) {
    bytes[at++] = code;
    return at;
  }
  if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
  } else {
    if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (code & 0x3f);
  return at;
}
