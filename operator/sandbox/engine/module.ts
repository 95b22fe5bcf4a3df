import { luaExportNames } from './lua-exports.ts';
import { changeCalls } from './patch/calls.ts';
import { useDoubles } from './patch/doubles.ts';
import { orderTables } from './patch/ordered-tables.ts';
import { notWasmoon, WasmBinary } from './patch/wasm-binary.ts';

/**
 * wasmoon's Lua (its `glue.wasm`), compiled with changes that no setting or library function reaches. Each is checked
 * to fit the one version that is pinned.
 */
export function compileLua(wasm: Uint8Array): WebAssembly.Module {
  const changed = Buffer.from(wasm);
  printWholeFloatsAsLua51Does(changed);
  startSmall(changed);
  const binary = new WasmBinary(changed);
  orderTables(binary);
  useDoubles(binary);
  changeCalls(binary);
  binary.keepExports(new Set(luaExportNames));
  return new WebAssembly.Module(binary.toBuffer());
}

/**
 * Makes tostring(6/2), `6/2 .. ""` and `%s` print "3", as Lua 5.1 does, where Lua 5.4 prints "3.0". Lua 5.4 adds
 * ".0" when all characters of the text are in this constant; when the constant is empty it never does. Nothing
 * else reaches concatenation, which is where scripts build names.
 */
function printWholeFloatsAsLua51Does(wasm: Buffer): void {
  const digits = Buffer.from('-0123456789\0', 'latin1');
  const at = wasm.indexOf(digits);
  if (at < 0 || wasm.indexOf(digits, at + 1) >= 0) throw notWasmoon('the digit constant');
  wasm[at] = 0;
}

/** Pages of 64 KiB that an instance starts with: Lua's constants and stack take 17 of them. */
const initialPages = 24;

/**
 * Lets memory start at 1.5 MiB, not 16: a limit below 16 MiB can then be held, and V8 does not count 16 MiB for each
 * state, which makes it collect garbage all the time.
 */
function startSmall(wasm: Buffer): void {
  // The memory section: id 5, six bytes, one memory with a maximum, 256 pages to 32768.
  const section = Buffer.from([5, 7, 1, 1, 0x80, 0x02, 0x80, 0x80, 0x02]);
  const at = wasm.indexOf(section);
  if (at < 0 || wasm.indexOf(section, at + 1) >= 0) throw notWasmoon('the memory section');
  wasm[at + 4] = 0x80 | initialPages;
  wasm[at + 5] = 0;
}
