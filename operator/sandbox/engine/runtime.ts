import type { LuaExports, Pointer } from './lua-exports.ts';
import { pageBytes, type StateMemory } from './memory-budget.ts';
import { formatCalendar, readCalendar, writeCalendar } from './time.ts';

/**
 * One WebAssembly instance of wasmoon's Lua (its `glue.wasm`), with imports of our own. wasmoon's JavaScript
 * stays out: it brings a file system, `child_process` behind `os.execute`, object proxies and 0.4 MB for each
 * instance. Here every door to the outside answers "not there", and growth of the memory is ours to refuse.
 */

/** The instance is beyond use: abort, exit or a panic outside a protected call. Throw it away. */
export class RuntimeDead extends Error {}

const growthStepBytes = 16 * pageBytes;
const notSupported = 52; // ENOSYS in WASI's numbering

/** The memory of one program, how far it may grow, and Lua's C API on it. */
export class LuaRuntime {
  readonly lua: LuaExports;
  /** All of the instance's memory as bytes. Replaced whenever the memory grows, so never keep it across a call. */
  bytes: Buffer;

  readonly #memory: StateMemory;
  #scratch: Pointer = 0;
  #scratchBytes = 0;

  /**
   * @param module what compileLua made.
   * @param memory how far its memory may grow.
   */
  constructor(module: WebAssembly.Module, memory: StateMemory) {
    this.#memory = memory;
    const imports = this.#imports();
    const instance = new WebAssembly.Instance(module, { env: imports, wasi_snapshot_preview1: imports });
    this.lua = instance.exports as LuaExports;
    this.bytes = Buffer.from(this.lua.memory.buffer);
    this.lua.emscripten_stack_init();
    this.lua.__wasm_call_ctors();
  }

  /**
   * Puts functions into the instance's table, so that Lua can call them as C functions.
   * @returns the numbers to give to lua_pushcclosure, in the order of the functions.
   */
  register(first: (L: Pointer) => number, second: (L: Pointer) => number): [number, number] {
    const table = this.lua.__indirect_function_table;
    const adapter = new WebAssembly.Instance(adapterModule, { e: { a: first, b: second } });
    const functions = adapter.exports as { a: unknown; b: unknown };
    const index = table.grow(2);
    table.set(index, functions.a);
    table.set(index + 1, functions.b);
    return [index, index + 1];
  }

  /** A place for at least that many bytes, overwritten by the next use; 0 when the memory is full. */
  scratch(bytes: number): Pointer {
    if (bytes > this.#scratchBytes) {
      if (this.#scratch !== 0) this.lua.free(this.#scratch);
      const wanted = Math.max(bytes, 4096);
      this.#scratch = this.lua.malloc(wanted);
      this.#scratchBytes = this.#scratch === 0 ? 0 : wanted;
    }
    return this.#scratch;
  }

  #grow(wantedBytes: number): number {
    const { memory } = this.lua;
    const pages = this.#memory.grow(memory.buffer.byteLength, wantedBytes, growthStepBytes);
    if (pages === 0) return 0;
    try {
      memory.grow(pages);
    } catch {
      this.#memory.undo(pages);
      return 0; // The process may have no more, below the limits too.
    }
    this.bytes = Buffer.from(memory.buffer);
    return 1;
  }

  #imports(): Record<string, unknown> {
    const refuse = () => notSupported;
    const refuseSystemCall = () => -notSupported;
    const view = (pointer: Pointer) => new DataView(this.lua.memory.buffer, pointer, 44);
    return {
      abort: () => {
        throw new RuntimeDead('abort');
      },
      exit: () => {
        throw new RuntimeDead('exit');
      },
      system: () => -1,
      // Lua's errors are longjmp, and longjmp is an exception that carries a number.
      invoke_vii: (fn: number, a: number, b: number) => {
        const stack = this.lua.stackSave();
        try {
          (this.lua.__indirect_function_table.get(fn) as (a: number, b: number) => void)(a, b);
        } catch (error) {
          if (typeof error !== 'number') throw error;
          this.lua.stackRestore(stack);
          this.lua.setThrew(1, 0);
        }
      },
      _emscripten_throw_longjmp: () => {
        throw Number.POSITIVE_INFINITY;
      },
      emscripten_resize_heap: (bytes: number) => this.#grow(bytes >>> 0),
      emscripten_date_now: () => Date.now(),
      _emscripten_get_now_is_monotonic: () => 1,
      _mktime_js: (tm: Pointer) => BigInt(Math.trunc(readCalendar(view(tm)))),
      _gmtime_js: (seconds: bigint, tm: Pointer) => writeCalendar(view(tm), Number(seconds)),
      _localtime_js: (seconds: bigint, tm: Pointer) => writeCalendar(view(tm), Number(seconds)),
      _tzset_js: () => {},
      strftime: (out: Pointer, max: number, format: Pointer, tm: Pointer) => {
        const end = this.bytes.indexOf(0, format);
        const text = formatCalendar(view(tm), this.bytes.toString('latin1', format, end));
        if (text.length >= max) return 0;
        this.bytes.write(`${text}\0`, out, 'latin1');
        return text.length;
      },
      environ_sizes_get: (count: Pointer, bytes: Pointer) => {
        const memory = new DataView(this.lua.memory.buffer);
        memory.setUint32(count, 0, true);
        memory.setUint32(bytes, 0, true);
        return 0;
      },
      environ_get: () => 0,
      fd_write: refuse,
      fd_read: refuse,
      fd_close: refuse,
      fd_seek: refuse,
      __syscall_openat: refuseSystemCall,
      __syscall_fcntl64: refuseSystemCall,
      __syscall_ioctl: refuseSystemCall,
      __syscall_dup3: refuseSystemCall,
      __syscall_unlinkat: refuseSystemCall,
      __syscall_rmdir: refuseSystemCall,
      __syscall_renameat: refuseSystemCall,
      __syscall_readlinkat: refuseSystemCall,
    };
  }
}

/**
 * A table of a WebAssembly instance takes WebAssembly functions only. This module imports two functions `e.a` and
 * `e.b` of type (i32) -> i32 and exports them under the same names.
 */
const adapterModule = new WebAssembly.Module(
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version 1
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // types: (i32) -> i32
    ...[0x02, 0x0d, 0x02, 0x01, 0x65, 0x01, 0x61, 0x00, 0x00, 0x01, 0x65, 0x01, 0x62, 0x00, 0x00], // imports
    ...[0x07, 0x09, 0x02, 0x01, 0x61, 0x00, 0x00, 0x01, 0x62, 0x00, 0x01], // exports
  ]),
);
