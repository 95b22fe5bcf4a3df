import { call, get, i32, ret, when } from './instructions.ts';
import type { WasmBinary } from './wasm-binary.ts';

/** Changes of how functions are called and fail. Functions of wasmoon's Lua by their numbers. */
const lua = {
  runError: 273,
  growStack: 285,
  growStackToo: 286,
  execute: 575,
} as const;
/** Messages in the module's data. */
const byZero = { modulo: 8806, floorDivision: 3110 } as const;
const numberType = 3;

/** Slots of Lua's stack. Lua's own million are 16 MB, so that endless recursion runs out of memory before. */
const maxStack = 60_000;

export function changeCalls(wasm: WasmBinary): void {
  noteLine(wasm);
  limitStack(wasm);
  cutFractions(wasm);
}

/** Lua 5.4 forgets to note where it is before it reports a division by zero, so that the error has another line. */
function noteLine(wasm: WasmBinary): void {
  const L = 0;
  const pc = 3;
  const frame = 7;
  for (const message of [byZero.modulo, byZero.floorDivision]) {
    const raise = [...get(L), ...i32.const(message), ...i32.const(0), ...call(lua.runError)];
    wasm.replace(lua.execute, raise, [...get(frame), ...get(pc), ...i32.store(16), ...raise], 2);
  }
}

function limitStack(wasm: WasmBinary): void {
  const before = 1_000_000;
  const forHandlers = 200;
  wasm.replace(lua.growStack, i32.const(before), i32.const(maxStack), 3);
  wasm.replace(lua.growStack, i32.const(before - 1), i32.const(maxStack - 1));
  wasm.replace(lua.growStack, i32.const(before + forHandlers), i32.const(maxStack + forHandlers));
  wasm.replace(lua.growStackToo, i32.const(before), i32.const(maxStack), 3);
  wasm.replace(lua.growStackToo, i32.const(before - 1), i32.const(maxStack - 1));
}

/** Wherever a whole number is wanted the fraction is cut off, as Go's int() does. */
function cutFractions(wasm: WasmBinary): void {
  cutFraction(wasm, 'luaL_checkinteger', 2);
  cutFraction(wasm, 'luaL_optinteger', 3);
}

function cutFraction(wasm: WasmBinary, name: string, parameters: number): void {
  const L = 0;
  const argument = 1;
  const truncate = [0xfc, 0x06];
  wasm.wrap(wasm.export(name), [], (original) =>
    [
      ...[get(L), get(argument), call(wasm.export('lua_type')), i32.const(numberType), i32.eq],
      when(
        ...[get(L), get(argument), call(wasm.export('lua_isinteger')), [0x45]],
        when(...[get(L), get(argument), i32.const(0), call(wasm.export('lua_tonumberx')), truncate, ret]),
      ),
      ...Array.from({ length: parameters }, (_, index) => get(index)),
      call(original),
    ].flat(),
  );
}
