import { leb } from './patch/wasm-binary.ts';

/** Types of values as a signature has them: `i` a 32-bit number, `l` a 64-bit one. */
const valueTypes: Readonly<Record<string, number>> = { i: 0x7f, l: 0x7e };

/** A function of a module that is written here. */
export interface WasmFunction {
  /** Parameters and result, for instance `ii:i`; nothing after the colon is no result. */
  readonly signature: string;
  /** Its own variables, numbered after its parameters, for instance `iil`. */
  readonly locals: string;
  readonly body: readonly number[];
}

/**
 * A small WebAssembly module as bytes: https://webassembly.github.io/spec/core/binary. It imports all from `e`: the
 * memory `memory`, and functions, which have the numbers from 0 on. Its own functions follow.
 * @param imports functions' signatures by their names
 * @param functions by their names, under which all of them are exported
 */
export function wasmModule(
  imports: Readonly<Record<string, string>>,
  functions: Readonly<Record<string, WasmFunction>>,
): Uint8Array<ArrayBuffer> {
  const own = Object.values(functions);
  const signatures = [...new Set([...Object.values(imports), ...own.map(({ signature }) => signature)])];
  const type = (signature: string) => leb(signatures.indexOf(signature));
  const importCount = Object.keys(imports).length;
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, signatures.map(typeBytes)),
    ...section(2, [
      [...text('e'), ...text('memory'), 0x02, 0x00, ...leb(1)],
      ...Object.entries(imports).map(([name, signature]) => [
        ...text('e'),
        ...text(name),
        0x00,
        ...type(signature),
      ]),
    ]),
    ...section(
      3,
      own.map(({ signature }) => type(signature)),
    ),
    ...section(
      7,
      Object.keys(functions).map((name, index) => [...text(name), 0x00, ...leb(importCount + index)]),
    ),
    ...section(
      10,
      own.map(({ locals, body }) => {
        const declared = [...leb(locals.length), ...[...locals].flatMap((each) => [1, valueType(each)])];
        return sized([...declared, ...body, 0x0b]);
      }),
    ),
  ]);
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  return [id, ...sized([...leb(entries.length), ...entries.flat()])];
}

function sized(bytes: readonly number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return sized([...Buffer.from(value)]);
}

function typeBytes(signature: string): number[] {
  const [parameters = '', result = ''] = signature.split(':');
  return [0x60, ...[parameters, result].flatMap((types) => sized([...types].map(valueType)))];
}

function valueType(letter: string): number {
  return valueTypes[letter] ?? 0;
}
