import { LuaRuntime } from '../../../operator/sandbox/engine/runtime.ts';
import { mebibyte, memoryOf, parts } from '../../unit/sandbox/engine.ts';

/** The seed of Lua's hashes, which is the same in every state: it is read where Lua keeps it. */
export function hashSeed(): number {
  const runtime = new LuaRuntime(parts.module, memoryOf(16 * mebibyte));
  runtime.lua.malloc(4);
  const L = runtime.lua.luaL_newstate();
  const globalState = runtime.bytes.readUInt32LE(L + 16);
  return runtime.bytes.readUInt32LE(globalState + 72);
}

/** luaS_hash of Lua 5.4. */
function hash(bytes: Buffer, seed: number): number {
  let h = (seed ^ bytes.length) >>> 0;
  for (let at = bytes.length - 1; at >= 0; at--) h = (h ^ ((h << 5) + (h >>> 2) + (bytes[at] ?? 0))) >>> 0;
  return h;
}

/** As many hash bits as the largest ordered table looks at. */
const bits = 14;
const mask = 2 ** bits - 1;
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';

/** Keys of eight characters whose hashes end in the same bits, so that they are one chain of every table. */
export function collidingKeys(count: number): string[] {
  const seed = hashSeed();
  const target = hash(Buffer.from('aaaaaaaa'), seed) & mask;
  const keys: string[] = [];
  for (let number = 0; keys.length < count; number++) {
    // Lua hashes from the end: all but the first two characters are chosen, then a second one that lets the first fit.
    const rest = [0, 6, 12, 18, 24].map((shift) => letters[(number >>> shift) & 63]).join('');
    for (const second of letters) {
      const tail = Buffer.from(`${second}${rest}x`);
      let h = (seed ^ 8) >>> 0;
      for (let at = tail.length - 1; at >= 0; at--) h = (h ^ ((h << 5) + (h >>> 2) + (tail[at] ?? 0))) >>> 0;
      const first = ((h ^ target) - ((h << 5) + (h >>> 2))) & mask;
      const character = String.fromCharCode(first);
      if (first < 128 && letters.includes(character)) keys.push(`${character}${tail}`);
      if (keys.length === count) break;
    }
  }
  return keys;
}
