import type { LuaExports, Pointer } from './lua-exports.ts';
import { pageBytes, type StateMemory } from './memory-budget.ts';
import { numberText } from './number-text.ts';
import { numberFormat, numberTextImport } from './patch/doubles.ts';
import { sparseLengthImport, sparseNextImport } from './patch/ordered-tables.ts';
import { sparseLength, sparseNext } from './sparse-tables.ts';
import { formatCalendar, readCalendar, writeCalendar } from './time.ts';

/**
 * One WebAssembly instance of wasmoon's Lua (its `glue.wasm`), with imports of our own. wasmoon's JavaScript
 * stays out: it brings a file system, `child_process` behind `os.execute`, object proxies and 0.4 MB for each
 * instance. Here every door to the outside answers "not there", and growth of the memory is ours to refuse.
 */

/** The instance is beyond use: abort, exit or a panic outside a protected call. Throw it away. */
export class RuntimeDead extends Error {}

/**
 * All that a state is, once it is loaded: its memory without C's stack, which is empty between two calls. An instance
 * that gets it back is the state as it was, whatever it did since.
 */
export interface RuntimeImage {
  /** Static data, from `constantsEnd` on. */
  readonly data: Uint8Array;
  /** From the stack's base to the end of what was ever allocated. */
  readonly heap: Uint8Array;
}

/** Below this address wasmoon's module has constants, which nothing writes; above, variables. */
const constantsEnd = 30_000;

/**
 * C's stack of 1 MiB grows downwards, and Lua lets it grow to some 200 KB. So much of its far end is free for passing
 * text: taken from the heap it would leave a hole there, to be written back before each call with all else.
 */
const stackScratchBytes = 65_536;

/** A function that Lua calls as it calls C. */
type CFunction = (L: Pointer) => number;

/** What the Lua of ../lua calls outside of Lua. */
export interface HostFunctions {
  readonly decode: CFunction;
  readonly write: CFunction;
  readonly translate: CFunction;
  readonly changeCase: CFunction;
}

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
  readonly #stackBase: Pointer;
  readonly #stackEnd: Pointer;
  /** What Lua takes for the time. It stands still while a state is made, for Lua seeds its hashes and math.random with it. */
  #clock = () => 0;

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
    this.#stackBase = this.lua.emscripten_stack_get_base();
    this.#stackEnd = this.lua.emscripten_stack_get_end();
  }

  /** From now on Lua sees the time. */
  startClock(): void {
    this.#clock = Date.now;
  }

  /** The state as it is between two calls, its scratch given up. */
  image(): RuntimeImage {
    const data = Uint8Array.from(this.bytes.subarray(constantsEnd, this.lua.emscripten_stack_get_end()));
    let end = this.bytes.length;
    while (this.bytes[end - 1] === 0) end--;
    // The allocator's last word, which closes the heap, is not zero; some of its bytes may be.
    end = Math.min(this.bytes.length, (end + 31) & ~15);
    const heap = Uint8Array.from(this.bytes.subarray(this.#stackBase, end));
    return { data, heap };
  }

  /**
   * Makes the state what it was when the image was taken, of this instance or another one.
   * @returns false when there is no room for it
   */
  restore(image: RuntimeImage): boolean {
    const { data, heap } = image;
    const end = this.#stackBase + heap.length;
    if (end > this.bytes.length && this.#grow(end) === 0) return false;
    this.bytes.set(data, constantsEnd);
    this.bytes.set(heap, this.#stackBase);
    this.lua.stackRestore(this.#stackBase);
    this.#scratch = 0;
    this.#scratchBytes = 0;
    return true;
  }

  /**
   * Puts functions into the instance's table, so that Lua can call them as C functions.
   * @returns the numbers to give to lua_pushcclosure, in the order of the functions.
   */
  register({ decode, write, translate, changeCase }: HostFunctions): number[] {
    const table = this.lua.__indirect_function_table;
    const imports = { a: decode, b: write, c: translate, d: changeCase };
    const adapter = new WebAssembly.Instance(adapterModule, { e: imports });
    const index = table.grow(adapterNames.length);
    return [...adapterNames].map((name, offset) => {
      table.set(index + offset, (adapter.exports as Record<string, unknown>)[name]);
      return index + offset;
    });
  }

  /** A place for at least that many bytes, overwritten by the next use; 0 when the memory is full. */
  scratch(bytes: number): Pointer {
    if (bytes <= stackScratchBytes) return this.#stackEnd;
    if (bytes > this.#scratchBytes || this.#scratch === 0) {
      if (this.#scratch !== 0) this.lua.free(this.#scratch);
      const wanted = Math.max(bytes, 4096);
      this.#scratch = this.lua.malloc(wanted);
      this.#scratchBytes = this.#scratch === 0 ? 0 : wanted;
    }
    return this.#scratch;
  }

  /** Gives that place up; the next use takes a new one. */
  freeScratch(): void {
    this.lua.free(this.#scratch);
    this.#scratch = 0;
    this.#scratchBytes = 0;
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
      emscripten_date_now: () => this.#clock(),
      _emscripten_get_now_is_monotonic: () => 1,
      _mktime_js: (tm: Pointer) => BigInt(Math.trunc(readCalendar(view(tm)))),
      _gmtime_js: (seconds: bigint, tm: Pointer) => writeCalendar(view(tm), Number(seconds)),
      _localtime_js: (seconds: bigint, tm: Pointer) => writeCalendar(view(tm), Number(seconds)),
      _tzset_js: () => {},
      [sparseNextImport]: (_L: Pointer, table: Pointer, key: Pointer) => sparseNext(this.bytes, table, key),
      [sparseLengthImport]: (table: Pointer) => sparseLength(this.bytes, table),
      [numberTextImport]: (out: Pointer, max: number, format: Pointer, tm: Pointer) => {
        if (format === numberFormat) {
          const number = numberText(this.bytes.readDoubleLE(tm));
          this.bytes.write(`${number}\0`, out, 'latin1');
          return number.length;
        }
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
    };
  }
}

const adapterNames = 'abcd';

/**
 * A table of a WebAssembly instance takes WebAssembly functions only. This module imports functions `e.a`, `e.b` and so
 * on, of type (i32) -> i32, and exports them under the same names.
 */
const adapterModule = new WebAssembly.Module(
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic, version 1
    ...[0x01, 0x06, 0x01, 0x60, 0x01, 0x7f, 0x01, 0x7f], // types: (i32) -> i32
    ...[0x02, 1 + 6 * adapterNames.length, adapterNames.length], // imports
    ...[...adapterNames].flatMap((name) => [0x01, 0x65, 0x01, name.charCodeAt(0), 0x00, 0x00]),
    ...[0x07, 1 + 4 * adapterNames.length, adapterNames.length], // exports
    ...[...adapterNames].flatMap((name, index) => [0x01, name.charCodeAt(0), 0x00, index]),
  ]),
);
