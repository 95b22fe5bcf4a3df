import { luaExportNames } from './lua-exports.ts';

/**
 * wasmoon's Lua (its `glue.wasm`), compiled with three small changes that no setting or library function reaches.
 * Each is checked to fit the one version that is pinned.
 */
export function compileLua(wasm: Uint8Array): WebAssembly.Module {
  const changed = Buffer.from(wasm);
  printWholeFloatsAsLua51Does(changed);
  startSmall(changed);
  return new WebAssembly.Module(withExports(changed, new Set(luaExportNames)));
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

const exportSection = 7;

/** Leaves only the exports that are used: each one costs half a kilobyte of JavaScript memory in every Lua state. */
function withExports(wasm: Buffer, wanted: ReadonlySet<string>): Buffer {
  const header = 8;
  const parts = [wasm.subarray(0, header)];
  for (let at = header; at < wasm.length; ) {
    const [bytes, content] = readLeb(wasm, at + 1);
    const end = content + bytes;
    if (wasm[at] === exportSection) parts.push(section(exportSection, keptExports(wasm, content, wanted)));
    else parts.push(wasm.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function keptExports(wasm: Buffer, content: number, wanted: ReadonlySet<string>): Buffer {
  const kept: Buffer[] = [];
  let [count, at] = readLeb(wasm, content);
  for (; count > 0; count--) {
    const [nameBytes, name] = readLeb(wasm, at);
    const [, next] = readLeb(wasm, name + nameBytes + 1);
    if (wanted.has(wasm.toString('latin1', name, name + nameBytes))) kept.push(wasm.subarray(at, next));
    at = next;
  }
  if (kept.length !== wanted.size) throw notWasmoon('an export');
  return Buffer.concat([writeLeb(kept.length), ...kept]);
}

function section(id: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([id]), writeLeb(content.length), content]);
}

/** An unsigned LEB128 number. @returns it, and the offset after it. */
function readLeb(bytes: Buffer, start: number): [value: number, next: number] {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at + 1];
  }
}

function writeLeb(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function notWasmoon(what: string): Error {
  return new Error(`this is not the Lua of wasmoon 1.16.0: ${what} is not as it should be`);
}
