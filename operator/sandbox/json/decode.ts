import { type LuaThread, luaType, type Pointer } from '../engine/lua-exports.ts';
import type { LuaRuntime } from '../engine/runtime.ts';
import { withoutEscapes } from './escape.ts';
import { maxPlainBytes, plainDecoder } from './plain-decoder.ts';
import { type SyntaxFailure, scan, tooLong } from './scan.ts';
import { giveTapeBack, kind, kindMask, role, roleMask, type Tape, takeTape } from './tape.ts';

const openBracket = 0x5b;
const openBrace = 0x7b;
const argumentCount = 6;

/**
 * `dkjson.decode` as a C function: `decode(text, position, null, objectMeta, arrayMeta, custom)`, called by
 * lua-library/dkjson.lua with its arguments checked and always six of them. The document is read where it lies, in Lua's memory, and
 * strings without escapes go from there to Lua's string table without ever being JavaScript strings.
 *
 * Lua's errors pass through these frames as exceptions, so nothing here may catch.
 */
export class JsonDecoder {
  readonly #runtime: LuaRuntime;
  readonly #maxEntries: number;
  readonly #length: () => Pointer;
  readonly #readPlain: (L: LuaThread, at: Pointer) => Pointer;

  /**
   * @param memoryBytes the Lua state's limit; a value takes 16 bytes of it at the least.
   * @param length four bytes of the state's memory for a length.
   */
  constructor(runtime: LuaRuntime, memoryBytes: number, length: () => Pointer) {
    this.#runtime = runtime;
    this.#maxEntries = Math.ceil(memoryBytes / 16);
    this.#length = length;
    this.#readPlain = plainDecoder(runtime.lua, (L, start, end) =>
      this.#pushUnescaped(L, start, end - start),
    );
  }

  /** Pushes value and position, or nil, position and message; returns how many. */
  decode(L: LuaThread): number {
    const { lua, bytes } = this.#runtime;
    const length = this.#length();
    const start = lua.lua_tolstring(L, 1, length);
    const end = start + bytes.readUInt32LE(length);
    const from = startOf(lua.lua_tonumberx(L, 2, 0), start, end);
    if (this.#isPlainTable(L, from, end)) {
      const after = this.#readPlain(L, from);
      if (after > 0) {
        lua.lua_pushinteger(L, BigInt(after - start + 1));
        return 2;
      }
      lua.lua_settop(L, argumentCount);
    }
    const nullIsNil = lua.lua_type(L, 3) === luaType.nil;

    // A metatable of the script's own may call decode again from __newindex: it then gets another tape.
    const tape = takeTape();
    try {
      const result = scan(bytes, end, from, tape, { nullIsNil, maxEntries: this.#maxEntries });
      if (result === tooLong) return this.#raise(L, 'not enough memory');
      if (typeof result !== 'number') return this.#fail(L, result, start);
      this.#build(L, tape);
      lua.lua_pushinteger(L, BigInt(result - start + 1));
      return 2;
    } finally {
      giveTapeBack(tape);
    }
  }

  /** Whether it may be one: tables with metatables of the script's own are another matter. */
  #isPlainTable(L: LuaThread, from: number, end: number): boolean {
    const byte = this.#runtime.bytes[from];
    return (
      (byte === openBrace || byte === openBracket) &&
      end - from <= maxPlainBytes &&
      this.#runtime.lua.lua_toboolean(L, 6) === 0 &&
      this.#runtime.lua.lua_type(L, 4) === luaType.table
    );
  }

  #build(L: LuaThread, tape: Tape): void {
    const { lua } = this.#runtime;
    const { entries, length, indexes, roles } = tape;
    const isCustom = lua.lua_toboolean(L, 6) === 1;
    const objectMeta = lua.lua_type(L, 4) === luaType.nil ? 0 : 4;
    const arrayMeta = lua.lua_type(L, 5) === luaType.nil ? 0 : 5;
    let depth = 0;
    let items = 0;
    this.#reserve(L, 40);

    for (let at = 0; at < length; at += 3) {
      const what = entries[at] as number;
      const a = entries[at + 1] as number;
      const b = entries[at + 2] as number;
      let valueRole = what & roleMask;
      if ((what & kindMask) === kind.end) {
        depth--;
        items = indexes[depth] as number;
        valueRole = roles[depth] as number;
      } else if (depth > 0 && valueRole === role.item) {
        lua.lua_pushnumber(L, ++items);
      }
      switch (what & kindMask) {
        case kind.plainString:
          lua.lua_pushlstring(L, a, b);
          break;
        case kind.array:
        case kind.object: {
          const meta = (what & kindMask) === kind.object ? objectMeta : arrayMeta;
          lua.lua_createtable(L, a, b);
          if (meta > 0) {
            lua.lua_pushvalue(L, meta);
            lua.lua_setmetatable(L, -2);
          }
          indexes[depth] = items;
          roles[depth] = valueRole;
          items = 0;
          depth++;
          if (depth % 16 === 0) this.#reserve(L, 40);
          continue;
        }
        case kind.end:
          break;
        case kind.yes:
        case kind.no:
          lua.lua_pushboolean(L, (what & kindMask) === kind.yes ? 1 : 0);
          break;
        case kind.nothing:
          lua.lua_pushvalue(L, 3);
          break;
        case kind.smallInteger:
          lua.lua_pushinteger(L, BigInt(a));
          break;
        case kind.escapedString:
          this.#pushUnescaped(L, a, b);
          break;
        default:
          this.#pushNumber(L, a, b);
      }
      if (depth === 0 || valueRole === role.key) continue;
      if (isCustom) lua.lua_settable(L, -3);
      else lua.lua_rawset(L, -3);
    }
  }

  #reserve(L: LuaThread, slots: number): void {
    if (this.#runtime.lua.lua_checkstack(L, slots) === 0) this.#raise(L, 'stack overflow');
  }

  #pushUnescaped(L: LuaThread, start: number, length: number): void {
    const { lua } = this.#runtime;
    const target = this.#runtime.scratch(length);
    if (target === 0) this.#raise(L, 'not enough memory');
    lua.lua_pushlstring(L, target, withoutEscapes(this.#runtime.bytes, start, length, target));
  }

  /** Numbers beyond 53 bits are doubles, whole or not. */
  #pushNumber(L: LuaThread, start: number, length: number): void {
    const text = this.#runtime.bytes.toString('latin1', start, start + length);
    const number = Number(text);
    if (/^-?\d{1,16}$/.test(text) && Number.isSafeInteger(number)) {
      this.#runtime.lua.lua_pushinteger(L, BigInt(number));
    } else {
      this.#runtime.lua.lua_pushnumber(L, number);
    }
  }

  #fail(L: LuaThread, failure: SyntaxFailure, start: number): number {
    const { lua, bytes } = this.#runtime;
    const text = describe(bytes, failure, start);
    lua.lua_pushnil(L);
    lua.lua_pushinteger(L, BigInt(failure.position - start + 1));
    this.#pushText(L, text);
    return 3;
  }

  #raise(L: LuaThread, message: string): never {
    this.#pushText(L, message);
    this.#runtime.lua.lua_error(L);
    throw new Error('lua_error returned');
  }

  #pushText(L: LuaThread, text: string): void {
    const target = this.#runtime.scratch(text.length);
    this.#runtime.bytes.write(text, target, 'latin1');
    this.#runtime.lua.lua_pushlstring(L, target, text.length);
  }
}

/** Lua's rule for positions: from 1, negative ones count from the end, and none is before the first byte. */
function startOf(position: number, start: number, end: number): number {
  const offset = position < 0 ? end + position : start + position - 1;
  return Math.min(end, Math.max(start, offset));
}

function describe(bytes: Uint8Array, failure: SyntaxFailure, start: number): string {
  if (failure.at === undefined) return failure.problem;
  let line = 1;
  let lineStart = start;
  for (let i = start; i < failure.at; i++) {
    if (bytes[i] === 0x0a) {
      line++;
      lineStart = i + 1;
    }
  }
  const place = `at line ${line}, column ${failure.at - lineStart + 1}`;
  return failure.place === 'index' ? `${failure.problem} (${place})` : `${failure.problem} ${place}`;
}
