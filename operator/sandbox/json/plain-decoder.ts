import type { LuaExports, LuaThread, Pointer } from '../engine/lua-exports.ts';
import {
  br,
  brIf,
  bytesOf,
  type Code,
  call,
  drop,
  get,
  i32,
  i64,
  loop,
  ret,
  set,
  tee,
  when,
} from '../engine/patch/instructions.ts';
import { type WasmFunction, wasmModule } from '../engine/wasm-module.ts';

/**
 * Makes Lua values of a JSON document as encoders write it: no blanks, strings as keys, no null, whole numbers of up to
 * nine digits. That is all that metadata ever is. It runs as WebAssembly beside Lua, so that a string costs no
 * step between the two worlds. What it does not know it leaves to the decoder in JavaScript.
 *
 * Keys and values wait on Lua's stack until their table ends, and with it their number is known.
 */

/** What it calls, by the names of Lua's C API; and what pushes a string that has escapes, given start and end. */
const imports = {
  lua_checkstack: 'ii:i',
  lua_copy: 'iii:',
  lua_createtable: 'iii:',
  lua_pushboolean: 'ii:',
  lua_pushinteger: 'il:',
  lua_pushlstring: 'iii:i',
  lua_pushvalue: 'ii:',
  lua_rawset: 'ii:',
  lua_rawseti: 'iil:',
  lua_setmetatable: 'ii:i',
  lua_settop: 'ii:',
  pushEscaped: 'iii:',
} as const;
const names = Object.keys(imports);
const fn = (name: keyof typeof imports) => call(names.indexOf(name));
const text = call(names.length);
const value = call(names.length + 1);

/** Where the arguments of decode are. */
const meta = { object: 4, array: 5 } as const;
/** How deep a document may be. */
const maxDepth = 32;
/** A table that is open takes so many slots of Lua's stack for every so many entries. */
const slots = { entries: 16, wanted: 40 } as const;
/** Whole numbers of more digits are doubles, perhaps. */
const maxDigits = 9;
/** Documents up to this many bytes; the entries of larger ones would take too much of Lua's stack. */
export const maxPlainBytes = 16_384;

const number = i32.const;
const code = (character: string) => number(character.charCodeAt(0));
const is = (local: number, character: string) => [get(local), code(character), i32.eq];
const isNot = (local: number, character: string) => [get(local), code(character), i32.notEqual];
const move = (local: number, by: number) => [get(local), number(by), i32.add, set(local)];
const fail = [number(0), ret];
const orFail = [i32.isZero, when(fail)];

/** Pushes the string whose first byte is at `start`. @returns where it goes on after the quote; 0 for a bad one */
function readText(): WasmFunction {
  const [L, start, at, byte, isEscaped] = [0, 1, 2, 3, 4] as const;
  const next = [get(at), i32.load8(0), tee(byte)];
  // Text ends before a byte that no string has: Lua's strings have a zero after them.
  const failAtEnd = [get(byte), number(0x20), i32.lessUnsigned, when(fail)];
  return {
    signature: 'ii:i',
    locals: 'iii',
    body: bytesOf([
      [get(start), set(at)],
      loop(
        [next, code('"'), i32.notEqual],
        when(
          failAtEnd,
          is(byte, '\\'),
          when(number(1), set(isEscaped), move(at, 1), next, drop, failAtEnd),
          move(at, 1),
          br(1),
        ),
      ),
      get(isEscaped),
      when(get(L), get(start), get(at), fn('pushEscaped'), get(at), number(1), i32.add, ret),
      [get(L), get(start), get(at), get(start), i32.sub, fn('lua_pushlstring'), drop],
      [get(at), number(1), i32.add],
    ]),
  };
}

/** Pushes the value that begins at `at`. @returns where it goes on after it; 0 for one that is left to JavaScript */
function readValue(): WasmFunction {
  const [L, at, depth, byte, entries, entry, sum] = [0, 1, 2, 3, 4, 5, 6] as const;
  const peek = [get(at), i32.load8(0), set(byte)];
  const nested = [get(L), get(at), get(depth), number(1), i32.sub, value, tee(at), orFail];

  /** Pushes the entries up to the closing bracket, each with `each`. `at` is on the opening bracket. */
  const readEntries = (close: string, each: Code) => [
    [get(depth), orFail],
    [move(at, 1), peek, isNot(byte, close)],
    when(
      loop(
        [get(entries), number(slots.entries - 1), i32.and, i32.isZero],
        when(get(L), number(slots.wanted), fn('lua_checkstack'), orFail),
        [each, move(entries, 1), peek, is(byte, ',')],
        when(move(at, 1), br(1)),
      ),
      [isNot(byte, close), when(fail)],
    ),
  ];
  /** Pushes a slot of an entry below the table, and below as many slots as were pushed so since. */
  const pushSlot = (width: number) => [
    [get(L), get(entry), get(entries), i32.sub, number(width), i32.mul, number(1), i32.sub],
    fn('lua_pushvalue'),
  ];
  /** Puts the table in the place of its entries. @param width slots of an entry */
  const makeTable = (size: Code, metatable: number, width: number, setEntry: Code) => [
    [get(L), size, fn('lua_createtable')],
    [get(L), number(metatable), fn('lua_pushvalue'), get(L), number(-2), fn('lua_setmetatable'), drop],
    get(entries),
    when(
      loop(setEntry, move(entry, 1), get(entry), get(entries), i32.lessUnsigned, brIf(0)),
      [number(-1), get(entries), number(width), i32.mul, i32.sub, set(entries)],
      [get(L), number(-1), get(entries), fn('lua_copy'), get(L), get(entries), fn('lua_settop')],
    ),
    [get(at), number(1), i32.add, ret],
  ];
  const object = [
    readEntries('}', [
      [peek, isNot(byte, '"'), when(fail)],
      [get(L), get(at), number(1), i32.add, text, tee(at), orFail],
      [peek, isNot(byte, ':'), when(fail), move(at, 1)],
      nested,
    ]),
    makeTable([number(0), get(entries)], meta.object, 2, [
      [pushSlot(2), pushSlot(2), get(L), number(-3), fn('lua_rawset')],
    ]),
  ];
  const array = [
    readEntries(']', nested),
    makeTable([get(entries), number(0)], meta.array, 1, [
      [pushSlot(1), get(L), number(-2), get(entry), number(1), i32.add, i64.extendUnsigned],
      fn('lua_rawseti'),
    ]),
  ];
  /** A word by its first character and its last four. */
  const word = (text: string, truth: number) => {
    const last = text.length - 4;
    const isWhole = [get(at), i32.load(last), number(Buffer.from(text).readInt32LE(last)), i32.eq];
    return [
      [is(byte, text.charAt(0)), isWhole, i32.and],
      when(get(L), number(truth), fn('lua_pushboolean'), get(at), number(text.length), i32.add, ret),
    ];
  };
  const isDigit = [get(byte), code('0'), i32.sub, number(10), i32.lessUnsigned];
  const wholeNumber = [
    loop(
      [get(sum), number(10), i32.mul, get(byte), i32.add, code('0'), i32.sub, set(sum)],
      [move(entries, 1), move(at, 1), peek, isDigit, get(entries), number(maxDigits), i32.lessUnsigned],
      [i32.and, brIf(0)],
    ),
    // More digits, a fraction, an exponent: no comma and no bracket follows, and the table fails.
    [get(L), get(sum), i64.extendUnsigned, fn('lua_pushinteger'), get(at), ret],
  ];
  return {
    signature: 'iii:i',
    locals: 'iiii',
    body: bytesOf([
      [peek, is(byte, '"'), when(get(L), get(at), number(1), i32.add, text, ret)],
      [is(byte, '{'), when(object)],
      [is(byte, '['), when(array)],
      [isDigit, when(wholeNumber)],
      word('true', 1),
      word('false', 0),
      number(0),
    ]),
  };
}

const module = new WebAssembly.Module(wasmModule(imports, { readText: readText(), readValue: readValue() }));

/**
 * @param pushEscaped pushes the string between two addresses, without its escapes
 * @returns a function that pushes the table which begins at `at`, in a document that ends before a byte of zero.
 * It gives the address after the table; or 0 for what is left to the other decoder, with any number of values pushed.
 */
export function plainDecoder(
  lua: LuaExports,
  pushEscaped: (L: LuaThread, start: Pointer, end: Pointer) => void,
): (L: LuaThread, at: Pointer) => Pointer {
  const { readValue } = new WebAssembly.Instance(module, { e: { ...lua, pushEscaped } }).exports as {
    readValue: (L: LuaThread, at: Pointer, depth: number) => Pointer;
  };
  return (L, at) => readValue(L, at, maxDepth);
}
