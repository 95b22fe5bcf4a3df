import { leb } from './wasm-binary.ts';

/** WebAssembly's instructions, those that the changes need, as bytes: https://webassembly.github.io/spec/core/binary. */

/** Instructions, in groups as they are written down. */
export type Code = number | readonly Code[];

/** The instructions one after the other. */
export function bytesOf(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(bytesOf);
}

/** A signed LEB128 number. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const byte = rest & 0x7f;
    const isLast = (rest >> 7 === 0 && (byte & 0x40) === 0) || (rest >> 7 === -1 && (byte & 0x40) !== 0);
    if (isLast) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** A load or store. @param align the power of two that the offset is known to be a multiple of */
const access = (code: number, align: number) => (offset: number) => [code, align, ...leb(offset)];

export const get = (local: number) => [0x20, ...leb(local)];
export const set = (local: number) => [0x21, ...leb(local)];
export const tee = (local: number) => [0x22, ...leb(local)];
export const call = (fn: number) => [0x10, ...leb(fn)];
/** Leaves the block, or begins the loop, that is so many levels further out. */
export const br = (levels: number) => [0x0c, levels];
export const brIf = (levels: number) => [0x0d, levels];
export const ret = [0x0f];
export const drop = [0x1a];
/** `if` without a result. */
export const when = (...body: readonly Code[]) => [0x04, 0x40, ...bytesOf(body), 0x0b];
export const loop = (...body: readonly Code[]) => [0x03, 0x40, ...bytesOf(body), 0x0b];

export const i32 = {
  type: 0x7f,
  const: (value: number) => [0x41, ...signed(value)],
  load: access(0x28, 2),
  load8: access(0x2d, 0),
  load16Signed: access(0x2e, 1),
  store: access(0x36, 2),
  store8: access(0x3a, 0),
  store16: access(0x3b, 1),
  isZero: [0x45],
  eq: [0x46],
  notEqual: [0x47],
  lessUnsigned: [0x49],
  greaterUnsigned: [0x4b],
  add: [0x6a],
  sub: [0x6b],
  mul: [0x6c],
  divSigned: [0x6d],
  and: [0x71],
  or: [0x72],
  shiftLeft: [0x74],
  shiftRight: [0x75],
  wrap64: [0xa7],
};

export const i64 = {
  type: 0x7e,
  const: (value: number) => [0x42, ...signed(value)],
  load: access(0x29, 3),
  sub: [0x7d],
  lessUnsigned: [0x54],
  extendUnsigned: [0xad],
};

export const f64 = {
  fromSigned64: [0xb9],
  add: 0xa0,
  sub: 0xa1,
  mul: 0xa2,
};
