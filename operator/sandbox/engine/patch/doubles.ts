import { call, f64, get, i32, tee } from './instructions.ts';
import { escaped, type WasmBinary } from './wasm-binary.ts';

/**
 * Makes sums, differences and products doubles, as all numbers are in gopher-lua, and lets their text come from
 * outside. Whole numbers stay what they are in Lua 5.4 where that is faster and makes no difference: as constants, in
 * counting loops and as positions. None is larger than 2^53, so none differs from its double.
 */

/** Functions of wasmoon's Lua by their numbers. */
const execute = 575;
/** luaO_rawarith: for constants, and for strings as operands. */
const rawArithmetic = 426;
const snprintf = 622;
/** luaO_tostring, and the part of luaO_pushvfstring for numbers. */
const numberTexts = [429, 432] as const;
/** The format "%.14g" in the module's data: the argument by which the import knows what it is asked for. */
export const numberFormat = 4730;
/** An import of type (i32, i32, i32, i32) -> i32, as snprintf is. */
export const numberTextImport = 'strftime';

const whole = { add: 0x7c, sub: 0x7d, mul: 0x7e } as const;
const double = 19;

export function useDoubles(wasm: WasmBinary): void {
  for (const operation of ['add', 'sub', 'mul'] as const) calculate(wasm, operation);
  calculateConstants(wasm);
  for (const fn of numberTexts) {
    const print = `(${escaped(i32.const(numberFormat))}\\x20.(?:\\x41.\\x6a)?)${escaped(call(snprintf))}`;
    wasm.replaceMatches(
      fn,
      new RegExp(print, 'gs'),
      (_, before = '') => [...Buffer.from(before, 'latin1'), ...call(wasm.import(numberTextImport))],
      1,
    );
  }
}

/** There is a branch for two whole numbers, and one for others, which takes these, too. */
function calculateConstants(wasm: WasmBinary): void {
  const operation = 1;
  const typeOfSecond = 11;
  // The operations are numbered: sum, difference, product, others.
  const others = 3;
  const isNotWhole = [...tee(typeOfSecond), ...i32.const(3), ...i32.notEqual];
  wasm.replace(rawArithmetic, isNotWhole, [
    ...isNotWhole,
    ...get(operation),
    ...i32.const(others),
    ...i32.lessUnsigned,
    ...i32.or,
  ]);
}

/**
 * Of the two whole operands one is in a local and the other in memory; the result goes into a local as the bits of a
 * double, and the type of a whole number is pushed for it.
 */
function calculate(wasm: WasmBinary, operation: keyof typeof whole): void {
  const operand = '(\\x20.(?:\\x29\\x03\\x00)?)';
  const bits = 0xbf;
  const pattern = `${operand}${operand}${escaped([whole[operation], bits])}(\\x21.)${escaped(i32.const(3))}\\x0c`;
  wasm.replaceMatches(
    execute,
    new RegExp(pattern, 'gs'),
    (_, a = '', b = '', result = '') => [
      ...Buffer.from(a, 'latin1'),
      ...f64.fromSigned64,
      ...Buffer.from(b, 'latin1'),
      ...f64.fromSigned64,
      f64[operation],
      ...Buffer.from(result, 'latin1'),
      ...i32.const(double),
      0x0c,
    ],
    2,
  );
}
