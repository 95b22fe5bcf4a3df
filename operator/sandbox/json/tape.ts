/**
 * What the scanner found, in order, three numbers an entry: what it is and its role, then two operands. Lua is
 * only touched once the whole document is known to be good, so a bad one leaves no half-built tables behind.
 */
export class Tape {
  /** Entries of three numbers; `length` numbers of them are in use. */
  entries: Int32Array = new Int32Array(usualNumbers);
  length = 0;
  /** For each table that is open while Lua values are made: the last index given, and the table's own role. */
  readonly indexes: number[] = [];
  readonly roles: number[] = [];

  /** Makes room for one more entry after `length`; its caller then writes it. */
  grow(): void {
    const larger = new Int32Array(this.entries.length * 2);
    larger.set(this.entries);
    this.entries = larger;
  }

  /** Forgets the entries, and the memory of an unusually long document. */
  clear(): void {
    this.length = 0;
    if (this.entries.length > usualNumbers) this.entries = new Int32Array(usualNumbers);
  }
}

const usualNumbers = 3 * 16_384;

/** The thread's tape while nobody reads a document. */
let spare: Tape | undefined;

/** A tape to fill: one serves all Lua states of a thread, and only a document within a document needs another. */
export function takeTape(): Tape {
  const tape = spare ?? new Tape();
  spare = undefined;
  return tape;
}

export function giveTapeBack(tape: Tape): void {
  tape.clear();
  spare = tape;
}

/** What an entry is; the comments give its operands. */
export const kind = {
  /** Start, length: bytes that are the string. */
  plainString: 0,
  /** Start, length: bytes with escapes in them. */
  escapedString: 1,
  /** The value: digits only, of at most nine places. */
  smallInteger: 2,
  /** Start, length: bytes that Lua converts to a number. */
  number: 3,
  yes: 4,
  no: 5,
  nothing: 6,
  /** Values without a key, values with one. */
  array: 7,
  /** Values without a key, values with one. */
  object: 8,
  /** No operands: the innermost open table is complete. */
  end: 9,
} as const;

/** What an entry's value is to the table around it; added to its kind. */
export const role = {
  /** The document itself, or a value without a key: it gets the next index. */
  item: 0,
  /** The key of the value that follows. */
  key: 16,
  /** The value of the key before it. */
  value: 32,
} as const;

export const kindMask = 15;
export const roleMask = 48;
