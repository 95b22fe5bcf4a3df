/** A pointer into a program's WebAssembly memory. */
export type Pointer = number;
/** A `lua_State *`: the program's main thread or one of its coroutines. */
export type LuaThread = Pointer;

/**
 * What the engine uses of wasmoon's Lua 5.4, as the WebAssembly module exports it: the C API of the Lua manual,
 * sections 4 and 5, plus the allocator. `size_t` and pointers are numbers, `lua_Integer` is a bigint.
 */
export interface LuaExports {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: WebAssembly.Table;
  __wasm_call_ctors(): void;
  emscripten_stack_init(): void;
  emscripten_stack_get_base(): Pointer;
  emscripten_stack_get_end(): Pointer;
  stackSave(): Pointer;
  stackRestore(pointer: Pointer): void;
  setThrew(threw: number, value: number): void;
  malloc(bytes: number): Pointer;
  free(pointer: Pointer): void;

  luaL_newstate(): LuaThread;
  luaopen_base(L: LuaThread): number;
  luaopen_coroutine(L: LuaThread): number;
  luaopen_debug(L: LuaThread): number;
  luaopen_math(L: LuaThread): number;
  luaopen_os(L: LuaThread): number;
  luaopen_string(L: LuaThread): number;
  luaopen_table(L: LuaThread): number;
  luaopen_utf8(L: LuaThread): number;
  luaL_loadbufferx(L: LuaThread, text: Pointer, bytes: number, name: Pointer, mode: Pointer): number;

  lua_gettop(L: LuaThread): number;
  lua_settop(L: LuaThread, index: number): void;
  lua_pushvalue(L: LuaThread, index: number): void;
  lua_checkstack(L: LuaThread, slots: number): number;
  lua_type(L: LuaThread, index: number): number;
  lua_toboolean(L: LuaThread, index: number): number;
  lua_tonumberx(L: LuaThread, index: number, isNumber: Pointer): number;
  lua_tolstring(L: LuaThread, index: number, length: Pointer): Pointer;
  lua_pushnil(L: LuaThread): void;
  lua_pushboolean(L: LuaThread, value: number): void;
  lua_pushnumber(L: LuaThread, value: number): void;
  lua_pushinteger(L: LuaThread, value: bigint): void;
  lua_pushlstring(L: LuaThread, bytes: Pointer, length: number): Pointer;
  lua_pushcclosure(L: LuaThread, fn: number, upvalues: number): void;
  lua_createtable(L: LuaThread, items: number, fields: number): void;
  lua_setglobal(L: LuaThread, name: Pointer): void;
  lua_getglobal(L: LuaThread, name: Pointer): number;
  lua_copy(L: LuaThread, from: number, to: number): void;
  lua_rawset(L: LuaThread, index: number): void;
  lua_rawseti(L: LuaThread, index: number, key: bigint): void;
  lua_settable(L: LuaThread, index: number): void;
  lua_setmetatable(L: LuaThread, index: number): number;
  lua_pcallk(
    L: LuaThread,
    args: number,
    results: number,
    handler: number,
    context: number,
    continuation: Pointer,
  ): number;
  lua_error(L: LuaThread): number;
}

/** `lua_type` answers. */
export const luaType = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightUserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;

const typeNames = [
  'nil',
  'boolean',
  'userdata',
  'number',
  'string',
  'table',
  'function',
  'userdata',
  'thread',
];

/** The name of a `lua_type` answer, as Lua's `type` gives it. */
export function luaTypeName(type: number): string {
  return typeNames[type] ?? 'no value';
}

/** Status codes of `lua_pcallk` and `luaL_loadbufferx`. */
export const luaStatus = { ok: 0, runtime: 2, syntax: 3, memory: 4, inErrorHandler: 5 } as const;

/** The names of all of LuaExports. */
export const luaExportNames: readonly (keyof LuaExports)[] = [
  'memory',
  '__indirect_function_table',
  '__wasm_call_ctors',
  'emscripten_stack_init',
  'emscripten_stack_get_base',
  'emscripten_stack_get_end',
  'stackSave',
  'stackRestore',
  'setThrew',
  'malloc',
  'free',
  'luaL_newstate',
  'luaopen_base',
  'luaopen_coroutine',
  'luaopen_debug',
  'luaopen_math',
  'luaopen_os',
  'luaopen_string',
  'luaopen_table',
  'luaopen_utf8',
  'luaL_loadbufferx',
  'lua_gettop',
  'lua_settop',
  'lua_pushvalue',
  'lua_checkstack',
  'lua_type',
  'lua_toboolean',
  'lua_tonumberx',
  'lua_tolstring',
  'lua_pushnil',
  'lua_pushboolean',
  'lua_pushnumber',
  'lua_pushinteger',
  'lua_pushlstring',
  'lua_pushcclosure',
  'lua_createtable',
  'lua_setglobal',
  'lua_getglobal',
  'lua_copy',
  'lua_rawset',
  'lua_rawseti',
  'lua_settable',
  'lua_setmetatable',
  'lua_pcallk',
  'lua_error',
];
