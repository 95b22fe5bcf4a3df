import { JsonDecoder } from '../json/decode.ts';
import { translateSource } from '../source/translate.ts';
import {
  type LuaExports,
  type LuaThread,
  luaStatus,
  luaType,
  luaTypeName,
  type Pointer,
} from './lua-exports.ts';
import type { StateMemory } from './memory-budget.ts';
import type { PreludeChunk } from './prelude.ts';
import { LuaRuntime, type RuntimeImage } from './runtime.ts';
import { changeCase, TextFunctions } from './text-functions.ts';

/** How a piece of Lua ended that did not end well. `message` is the error object as text, if it had one. */
export interface LuaError {
  readonly kind: 'syntax' | 'runtime' | 'memory';
  readonly message: string;
}

/** What a script gave back: a string's bytes, or the name of another type. */
export type LuaResult = string | { readonly type: string; readonly preview: string };

/** What all Lua states of a process share. */
export interface LuaParts {
  /** Made by compileLua. */
  readonly module: WebAssembly.Module;
  /** Made by precompile. */
  readonly prelude: readonly PreludeChunk[];
}

/** Bytes kept of one call's print output. */
const outputBytes = 4096;
/** Bytes read of an error object. */
const errorBytes = 1024;
/** Bytes read of a result: one more than the longest name, so that a longer one is seen to be longer. */
export const resultBytes = 254;
const functionName = 'GetWorkloadTypeAndName';

/** A loaded program, from which states are made and to which they return before each call. */
export interface StateImage {
  readonly runtime: RuntimeImage;
  readonly L: LuaThread;
  readonly length: Pointer;
}

/** What a state keeps on its stack, where no script reaches it. */
const stack = { collect: 1, handler: 2, function: 3 } as const;

/** One program's Lua state, in a WebAssembly memory of its own. Whoever forgets it releases its memory, too. */
export class LuaState {
  readonly #runtime: LuaRuntime;
  readonly #lua: LuaExports;
  readonly #L: LuaThread;
  /** Where lua_tolstring writes a length. */
  readonly #length: Pointer;
  #image: StateImage | undefined;
  /** Whether the script ran since the state was that of the image. */
  #isUsed = false;
  #output: string | undefined;

  /**
   * Opens the libraries and runs the prelude, or takes over what another state has loaded.
   * @param memory what the state may take; released by the caller, also when this throws.
   * @param from spec.parameters as JSON, of which undefined leaves the global nil; or the image.
   * @throws RuntimeDead or MemoryTooSmall when the memory does not even hold the libraries.
   */
  constructor(parts: LuaParts, memory: StateMemory, from: string | StateImage | undefined) {
    this.#runtime = new LuaRuntime(parts.module, memory);
    this.#lua = this.#runtime.lua;
    const decoder = new JsonDecoder(this.#runtime, memory.limitBytes, () => this.#length);
    const texts = new TextFunctions(this.#runtime, () => this.#length);
    const functions = this.#runtime.register({
      decode: (L) => decoder.decode(L),
      write: (L) => this.#write(L),
      translate: (L) => texts.apply(L, translateSource),
      changeCase: (L) => texts.apply(L, changeCase),
    });
    if (typeof from === 'object') {
      this.#length = from.length;
      this.#L = from.L;
      this.#image = from;
      this.#isUsed = true;
      this.#restore();
    } else {
      this.#length = this.#lua.malloc(4);
      this.#L = this.#lua.luaL_newstate();
      if (this.#L === 0 || this.#length === 0) throw new MemoryTooSmall();
      this.#openLibraries();
      this.#runPrelude(parts.prelude, functions, from);
    }
    this.#runtime.startClock();
  }

  #runPrelude(
    prelude: readonly PreludeChunk[],
    functions: readonly number[],
    parameters: string | undefined,
  ): void {
    const lua = this.#lua;
    for (const { name, source } of prelude) {
      const failure = this.#loadChunk(source, '=[sandbox]', 'b');
      if (failure) throw new MemoryTooSmall(failure.message);
      for (const fn of functions) lua.lua_pushcclosure(this.#L, fn, 0);
      if (parameters === undefined) lua.lua_pushnil(this.#L);
      else this.#push(Buffer.from(parameters));
      const error = this.#errorOf(
        lua.lua_pcallk(this.#L, functions.length + 1, name === 'errors' ? 1 : 0, 0, 0, 0),
      );
      if (error) throw new MemoryTooSmall(error.message);
      this.#collect(); // So that the next chunk takes the places that this one has left.
    }
  }

  #collect(): void {
    this.#lua.lua_pushvalue(this.#L, stack.collect);
    this.#lua.lua_pcallk(this.#L, 0, 0, 0, 0, 0);
  }

  /** Compiles the script and runs its top level. `chunk` names it in messages. */
  run(script: Buffer, chunk: string): LuaError | undefined {
    const failure = this.#loadChunk(
      Buffer.from(translateSource(script.toString('latin1')), 'latin1'),
      `=${chunk}`,
    );
    // Text that nests too deep is an error of Lua's C stack, and one of the text all the same.
    if (failure) return failure.kind === 'runtime' ? { ...failure, kind: 'syntax' } : failure;
    return this.#errorOf(this.#lua.lua_pcallk(this.#L, 0, 0, stack.handler, 0, 0));
  }

  /** Finds the script's function and keeps it. @returns the type of what was found instead of one. */
  findFunction(): string | undefined {
    const lua = this.#lua;
    lua.lua_settop(this.#L, stack.handler);
    const type = lua.lua_getglobal(this.#L, this.#text(functionName));
    return type === luaType.function ? undefined : luaTypeName(type);
  }

  /**
   * Keeps the state as it is, without garbage, once the function is found: from now on each call begins from here.
   * @returns all that another state needs to be the same
   */
  keep(): StateImage {
    this.#collect();
    this.#runtime.freeScratch();
    this.#image = { runtime: this.#runtime.image(), L: this.#L, length: this.#length };
    return this.#image;
  }

  /** @throws MemoryTooSmall when the image does not fit. */
  #restore(): void {
    if (!this.#image || !this.#isUsed) return;
    if (!this.#runtime.restore(this.#image.runtime)) throw new MemoryTooSmall();
    this.#isUsed = false;
  }

  /**
   * Calls the script's function with bytes as its argument, in the state that `keep` kept.
   * @param source holds the bytes between `start` and `end`.
   * @returns its first two results. @throws RuntimeDead when the state is beyond use.
   */
  call(source: Uint8Array, start: number, end: number): [LuaResult, LuaResult] | LuaError {
    const lua = this.#lua;
    const L = this.#L;
    this.#restore();
    this.#isUsed = true;
    const argument = this.#runtime.scratch(end - start);
    if (argument === 0) return { kind: 'memory', message: 'not enough memory' };
    this.#runtime.bytes.set(source.subarray(start, end), argument);
    lua.lua_pushvalue(L, stack.function);
    lua.lua_pushlstring(L, argument, end - start);
    const error = this.#errorOf(lua.lua_pcallk(L, 1, 2, stack.handler, 0, 0));
    if (error) {
      lua.lua_settop(L, stack.function);
      return error;
    }
    const results: [LuaResult, LuaResult] = [
      this.#result(stack.function + 1),
      this.#result(stack.function + 2),
    ];
    lua.lua_settop(L, stack.function);
    return results;
  }

  /** From now on what the script prints is kept, up to 4096 bytes, until takeOutput. */
  keepOutput(): void {
    this.#output = '';
  }

  /** What was printed since keepOutput; printing is dropped again from here on. */
  takeOutput(): string {
    const output = this.#output ?? '';
    this.#output = undefined;
    return output;
  }

  #openLibraries(): void {
    const lua = this.#lua;
    const L = this.#L;
    lua.luaopen_base(L);
    const libraries = {
      coroutine: lua.luaopen_coroutine,
      debug: lua.luaopen_debug,
      math: lua.luaopen_math,
      os: lua.luaopen_os,
      string: lua.luaopen_string,
      table: lua.luaopen_table,
      utf8: lua.luaopen_utf8,
    };
    for (const [name, open] of Object.entries(libraries)) {
      open(L);
      lua.lua_setglobal(L, this.#text(name));
    }
    lua.lua_settop(L, 0);
    lua.lua_getglobal(L, this.#text('collectgarbage'));
  }

  /** @param mode `t` for source text, `b` for bytecode */
  #loadChunk(source: Buffer, name: string, mode: 't' | 'b' = 't'): LuaError | undefined {
    const lua = this.#lua;
    const label = Buffer.from(`${name}\0${mode}\0`);
    const text = this.#runtime.scratch(label.length + source.length);
    if (text === 0) return { kind: 'memory', message: 'not enough memory' };
    this.#runtime.bytes.set(label, text);
    this.#runtime.bytes.set(source, text + label.length);
    const start = text + label.length;
    return this.#errorOf(lua.luaL_loadbufferx(this.#L, start, source.length, text, start - 2));
  }

  /** A C string in the scratch memory; good until the next use of it. */
  #text(text: string): Pointer {
    const pointer = this.#runtime.scratch(text.length + 1);
    if (pointer === 0) throw new MemoryTooSmall();
    this.#runtime.bytes.write(`${text}\0`, pointer, 'latin1');
    return pointer;
  }

  #push(bytes: Buffer): void {
    const pointer = this.#runtime.scratch(bytes.length);
    if (pointer === 0) throw new MemoryTooSmall();
    this.#runtime.bytes.set(bytes, pointer);
    this.#lua.lua_pushlstring(this.#L, pointer, bytes.length);
  }

  #errorOf(status: number): LuaError | undefined {
    if (status === luaStatus.ok) return undefined;
    const type = this.#lua.lua_type(this.#L, -1);
    const message =
      type === luaType.string || type === luaType.number
        ? this.#read(-1, errorBytes)
        : `error object is a ${luaTypeName(type)}, not a string`;
    this.#lua.lua_settop(this.#L, -2);
    if (status === luaStatus.syntax) return { kind: 'syntax', message };
    // Lua's own words, as they are when a coroutine or a rethrow has hidden the status.
    if (status === luaStatus.memory || /(^|: )not enough memory$/.test(message))
      return { kind: 'memory', message };
    return { kind: 'runtime', message };
  }

  #result(index: number): LuaResult {
    const type = this.#lua.lua_type(this.#L, index);
    if (type === luaType.string) return this.#read(index, resultBytes);
    const preview =
      type === luaType.number
        ? this.#read(index, 32)
        : type === luaType.boolean
          ? String(this.#lua.lua_toboolean(this.#L, index) === 1)
          : '';
    return { type: luaTypeName(type), preview };
  }

  /** The first bytes of the string or number at an index, one character a byte. */
  #read(index: number, maxBytes: number): string {
    const pointer = this.#lua.lua_tolstring(this.#L, index, this.#length);
    const bytes = this.#runtime.bytes;
    const length = Math.min(maxBytes, bytes.readUInt32LE(this.#length));
    return bytes.toString('latin1', pointer, pointer + length);
  }

  /** The C function behind print. */
  #write(L: LuaThread): number {
    if (this.#output === undefined || this.#output.length >= outputBytes) return 0;
    const pointer = this.#lua.lua_tolstring(L, 1, this.#length);
    const bytes = this.#runtime.bytes;
    const length = Math.min(outputBytes - this.#output.length, bytes.readUInt32LE(this.#length));
    this.#output += bytes.toString('latin1', pointer, pointer + length);
    return 0;
  }
}

/** The limit leaves no room for Lua and its libraries. */
export class MemoryTooSmall extends Error {}
