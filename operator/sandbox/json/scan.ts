import { kind, role, type Tape } from './tape.ts';

/** Where a document stopped being JSON, in dkjson's words. */
export interface SyntaxFailure {
  /** The message without its place, for instance `unterminated string`. */
  readonly problem: string;
  /** Offset of the byte that the message names; undefined when the message names none. */
  readonly at: number | undefined;
  /** `column` writes `at line 1, column 2`; `index` puts it into brackets, as dkjson does for nil keys. */
  readonly place: 'column' | 'index';
  /** Offset that the caller gets as position. */
  readonly position: number;
}

export interface ScanOptions {
  /** Whether `null` becomes nil, which cannot be a key. */
  readonly nullIsNil: boolean;
  /** More entries than this fit no Lua state, so the scan gives up with `tooLong`. */
  readonly maxEntries: number;
}

/** The document's values are more than the Lua state's memory could hold. */
export const tooLong = Symbol('tooLong');

/**
 * Reads one JSON value into the tape, with the grammar that dkjson 2.8 has in practice: comments, a byte order mark,
 * missing or trailing commas, any value as a key, numbers like `.5` and `01`, and any byte in a string.
 * @param bytes the memory that holds the document.
 * @param end the offset after its last byte.
 * @param from the offset where reading begins.
 * @returns the offset after the value, or why there is none.
 */
export function scan(
  bytes: Uint8Array,
  end: number,
  from: number,
  tape: Tape,
  options: ScanOptions,
): number | SyntaxFailure | typeof tooLong {
  return new Scanner(bytes, end, tape, options).document(from);
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const slash = 0x2f;
const asterisk = 0x2a;
const newline = 0x0a;
const carriageReturn = 0x0d;

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #tape: Tape;
  readonly #options: ScanOptions;

  constructor(bytes: Uint8Array, end: number, tape: Tape, options: ScanOptions) {
    this.#bytes = bytes;
    this.#end = end;
    this.#tape = tape;
    this.#options = options;
  }

  /** The loop over all nested values; an explicit stack, so depth costs no JavaScript frames. */
  document(from: number): number | SyntaxFailure | typeof tooLong {
    const bytes = this.#bytes;
    const end = this.#end;
    const tape = this.#tape;
    const maxNumbers = this.#options.maxEntries * 3;
    const open: number[] = []; // entry and source offset of each table around the position
    let table = -1; // entry of the innermost open table
    let tableStart = 0;
    let closer = -1;
    let items = 0;
    let pairs = 0;
    let afterKey = false;
    let at = from;

    for (;;) {
      at = this.#skipBlanks(at);
      let entry = tape.length;
      let isValue = afterKey;
      if (table >= 0 && at >= end) return this.#unterminated(closer, tableStart);
      if (table >= 0 && !afterKey && bytes[at] === closer) {
        this.#put(kind.end, 0, 0);
        tape.entries[table + 1] = items;
        tape.entries[table + 2] = pairs;
        entry = table;
        isValue = (tape.entries[entry] ?? 0) >= role.value;
        pairs = open.pop() ?? 0;
        items = open.pop() ?? 0;
        closer = open.pop() ?? -1;
        tableStart = open.pop() ?? 0;
        table = open.pop() ?? -1;
        at++;
      } else {
        if (entry >= maxNumbers) return tooLong;
        const given = afterKey ? role.value : role.item;
        const byte = at < end ? (bytes[at] as number) : -1;
        if (byte === openBracket || byte === openBrace) {
          this.#put((byte === openBrace ? kind.object : kind.array) + given, 0, 0);
          open.push(table, tableStart, closer, items, pairs);
          table = entry;
          tableStart = at;
          closer = byte === openBrace ? closeBrace : closeBracket;
          items = 0;
          pairs = 0;
          afterKey = false;
          at++;
          continue;
        }
        const after = this.#scalar(at, byte, given);
        if (typeof after !== 'number') return after;
        at = after;
      }
      if (table < 0) return at;

      const next = this.#afterValue(at, entry, isValue);
      if (typeof next !== 'number') return next ?? this.#unterminated(closer, tableStart);
      afterKey = next < 0;
      at = Math.abs(next);
      if (isValue) pairs++;
      else if (!afterKey) items++;
    }
  }

  /**
   * What follows a value inside a table.
   * @returns the offset to go on at; negative when a colon made the value a key; undefined at the end of the document.
   */
  #afterValue(from: number, entry: number, isValue: boolean): number | SyntaxFailure | undefined {
    const at = this.#skipBlanks(from);
    if (at >= this.#end) return undefined;
    const byte = this.#bytes[at];
    if (byte === comma) return at + 1;
    if (byte !== colon || isValue) return at;
    const entries = this.#tape.entries;
    const what = entries[entry] ?? 0;
    if (what === kind.nothing && this.#options.nullIsNil) {
      return { problem: 'cannot use nil as table index', at, place: 'index', position: at };
    }
    entries[entry] = what + role.key;
    return -(at + 1);
  }

  #put(what: number, a: number, b: number): void {
    const tape = this.#tape;
    const at = tape.length;
    if (at + 3 > tape.entries.length) tape.grow();
    const entries = tape.entries;
    entries[at] = what;
    entries[at + 1] = a;
    entries[at + 2] = b;
    tape.length = at + 3;
  }

  /** Blanks as C's isspace has them, comments, and the byte order mark of UTF-8. */
  #skipBlanks(from: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = from;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) {
        at++;
      } else if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf && at + 2 < end) {
        at += 3;
      } else if (byte === slash && at + 1 < end && bytes[at + 1] === slash) {
        at += 2;
        while (at < end && bytes[at] !== newline && bytes[at] !== carriageReturn) at++;
      } else if (byte === slash && at + 1 < end && bytes[at + 1] === asterisk) {
        at += 2;
        while (at < end && !(bytes[at] === asterisk && at + 1 < end && bytes[at + 1] === slash)) at++;
        at = Math.min(end, at + 2);
      } else {
        return at;
      }
    }
    return at;
  }

  /** A string, number or word. */
  #scalar(at: number, byte: number, given: number): number | SyntaxFailure {
    if (byte === quote) return this.#string(at, given);
    if (byte < 0) {
      const problem = 'no valid JSON value (reached the end)';
      return { problem, at: undefined, place: 'column', position: this.#end };
    }
    let after = -1;
    if (isDigit(byte) || byte === 0x2d || byte === 0x2e) after = this.#number(at, given);
    else if (isLetter(byte)) after = this.#word(at, given);
    return after < 0 ? { problem: 'no valid JSON value', at, place: 'column', position: at } : after;
  }

  #string(start: number, given: number): number | SyntaxFailure {
    const bytes = this.#bytes;
    const end = this.#end;
    let escaped = false;
    let at = start + 1;
    while (at < end) {
      const byte = bytes[at];
      if (byte === quote) {
        this.#put((escaped ? kind.escapedString : kind.plainString) + given, start + 1, at - start - 1);
        return at + 1;
      }
      if (byte === backslash) {
        escaped = true;
        at++;
      }
      at++;
    }
    return { problem: 'unterminated string', at: start, place: 'column', position: end };
  }

  /** dkjson takes what looks like a number from afar, and then lets Lua decide. */
  #number(start: number, given: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = start;
    if (bytes[at] === 0x2d) at++;
    const digitsStart = at;
    let points = 0;
    while (at < end && (isDigit(bytes[at] as number) || bytes[at] === 0x2e)) {
      if (bytes[at] === 0x2e) points++;
      at++;
    }
    const digits = at - digitsStart - points;
    if (digits === 0 || points > 1) return -1;
    const mantissaEnd = at;
    const hasExponent = at < end && ((bytes[at] as number) | 0x20) === 0x65;
    if (hasExponent) at++;
    const hasSign = at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d);
    if (hasSign) at++;
    const exponentStart = at;
    while (at < end && isDigit(bytes[at] as number)) at++;
    if (hasExponent ? at === exponentStart : hasSign) return -1;
    if (points === 0 && !hasExponent && digits <= 9) {
      let value = 0;
      for (let i = digitsStart; i < mantissaEnd; i++) value = value * 10 + (bytes[i] as number) - 0x30;
      this.#put(kind.smallInteger + given, digitsStart > start ? -value : value, 0);
    } else {
      this.#put(kind.number + given, start, at - start);
    }
    return at;
  }

  #word(start: number, given: number): number {
    const bytes = this.#bytes;
    let at = start;
    while (at < this.#end && (isLetter(bytes[at] as number) || isDigit(bytes[at] as number))) at++;
    const what = words.find(({ text }) => text.length === at - start && startsWith(bytes, start, text));
    if (what === undefined) return -1;
    this.#put(what.kind + given, 0, 0);
    return at;
  }

  #unterminated(closer: number, start: number): SyntaxFailure {
    const what = closer === closeBrace ? 'object' : 'array';
    return { problem: `unterminated ${what}`, at: start, place: 'column', position: this.#end };
  }
}

const words = [
  { text: 'true', kind: kind.yes },
  { text: 'false', kind: kind.no },
  { text: 'null', kind: kind.nothing },
];

function startsWith(bytes: Uint8Array, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
