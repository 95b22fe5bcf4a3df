import { type LuaThread, luaType, type Pointer } from './lua-exports.ts';
import type { LuaRuntime } from './runtime.ts';

/** Functions of a text, and of what stands beside it, as C functions. */
export class TextFunctions {
  readonly #runtime: LuaRuntime;
  readonly #length: () => Pointer;

  /** @param length four bytes of the state's memory for a length. */
  constructor(runtime: LuaRuntime, length: () => Pointer) {
    this.#runtime = runtime;
    this.#length = length;
  }

  /**
   * Takes a string and pushes another.
   * @param change of the bytes, one character a byte, and whether the second argument is true
   */
  apply(L: LuaThread, change: (text: string, flag: boolean) => string): number {
    const { lua } = this.#runtime;
    if (lua.lua_type(L, 1) !== luaType.string) return 0;
    const length = this.#length();
    const start = lua.lua_tolstring(L, 1, length);
    const { bytes } = this.#runtime;
    const text = bytes.toString('latin1', start, start + bytes.readUInt32LE(length));
    const result = change(text, lua.lua_toboolean(L, 2) === 1);
    if (result === text) {
      lua.lua_settop(L, 1);
      return 1;
    }
    const target = this.#runtime.scratch(result.length);
    if (target === 0) {
      lua.lua_pushnil(L);
      return 1;
    }
    this.#runtime.bytes.write(result, target, 'latin1');
    lua.lua_pushlstring(L, target, result.length);
    return 1;
  }
}

/** Go's strings.ToUpper and ToLower: each character by itself, so that `ß` stays. Bytes, one character each. */
export function changeCase(text: string, isUpper: boolean): string {
  const characters = [...Buffer.from(text, 'latin1').toString('utf8')].map((character) => {
    const changed = isUpper ? character.toUpperCase() : character.toLowerCase();
    return [...changed].length === 1 ? changed : character;
  });
  return Buffer.from(characters.join('')).toString('latin1');
}
