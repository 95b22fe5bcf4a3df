import { br, brIf, call, get, i32, i64, loop, ret, set, tee, when } from './instructions.ts';
import { escaped, type WasmBinary } from './wasm-binary.ts';

/**
 * Makes tables keep their keys in the order in which they came, as gopher-lua's do, so that `next` walks them so, in
 * every process alike. Lua 5.4 puts a key where its hash says; here a key goes to the next free node, and the node
 * where its hash says knows where the chain of that hash begins: in 16 bits that Lua leaves unused there, twice the
 * distance in nodes plus 1, or 0 for no chain. A look-up takes that one step more; where there is no chain it walks a
 * foreign one, and finds nothing.
 *
 * Tables of more than 16,384 nodes stay as Lua 5.4 has them: the distance would not fit.
 *
 * Lua 5.4's structures, in bytes. Table: 6 flags, 7 log2 of the nodes, 8 array size, 12 array, 16 nodes, 20 last free
 * node. Node of 24: 0 value, 8 its type, 9 the key's type, 10 unused, 12 next in its chain (a distance in nodes),
 * 16 key.
 */
const table = { flags: 6, logNodes: 7, array: 12, nodes: 16, lastFree: 20 } as const;
const node = { bytes: 24, valueType: 8, chain: 10, next: 12 } as const;
/** Of a TValue of 16 bytes: its type stands after its value. */
const valueType = 8;
const integerType = 3;

/** Functions of wasmoon's Lua by their numbers. */
const lua = {
  next: 98,
  getGeneric: 523,
  resize: 524,
  newKey: 525,
  mainPosition: 529,
  realArraySize: 522,
  length: 534,
} as const;
/** Look-ups that were compiled into a function, beside getGeneric: how many of them it has. */
const lookups = [
  [524, 1],
  [526, 3],
  [527, 1],
  [530, 1],
  [531, 1],
  [532, 1],
  [534, 4],
] as const;

const maxLogNodes = 14;

/**
 * A table whose nodes hold positive whole numbers: gopher-lua has them in its array, that is first and ascending, and
 * counts the largest as the length. Such tables are few and small; `next` and `#` of them are answered outside.
 */
const sparseFlag = 64;
const maxSparseLogNodes = 9;
/** gopher-lua's array ends before this index. */
export const maxArrayIndex = 67_108_864;

/** Lists of more places than this, with gaps in them, have any border of Lua's as their length. */
const maxScannedPlaces = 256;

/** Imports that nothing else uses, of type (i32, i32, i32, i32) -> i32. */
export const sparseNextImport = '__syscall_readlinkat';
export const sparseLengthImport = '__syscall_renameat';

export function orderTables(wasm: WasmBinary): void {
  for (const [fn, count] of lookups) followChain(wasm, fn, count);
  wasm.replace(
    lua.getGeneric,
    [...call(lua.mainPosition), ...set(0)],
    [...call(lua.mainPosition), ...chainOf(0), ...set(0)],
  );
  // New nodes: the type of "no value" is written together with the key's and the unused bytes.
  wasm.replace(
    lua.resize,
    [...i32.const(16), ...i32.store16(node.valueType)],
    [...i32.const(16), ...i32.store(node.valueType)],
    5,
  );
  appendKeys(wasm);
  walkSparse(wasm);
  measure(wasm);
}

/** Given a node on the stack: the first of its chain. @param local that may be overwritten */
function chainOf(local: number): number[] {
  return [
    ...tee(local),
    ...get(local),
    ...i32.load16Signed(node.chain),
    ...i32.const(1),
    ...i32.shiftRight,
    ...i32.const(node.bytes),
    ...i32.mul,
    ...i32.add,
  ];
}

/** The main position is computed, put into a local, and a loop (in a block, perhaps) begins to compare keys there. */
function followChain(wasm: WasmBinary, fn: number, count: number): void {
  const computed = escaped([...i32.const(node.bytes), ...i32.mul, ...i32.add]);
  const mainPosition = new RegExp(`(${computed})\\x21(.)(?=(?:\\x02\\x40)?\\x03\\x40)`, 'gs');
  wasm.replaceMatches(
    fn,
    mainPosition,
    (_, computed = '', local = '') => {
      const index = local.charCodeAt(0);
      return [...Buffer.from(computed, 'latin1'), ...chainOf(index), ...set(index)];
    },
    count,
  );
}

/** luaH_newkey: its locals at the place where the key, not nil and not there yet, has its main position. */
function appendKeys(wasm: WasmBinary): void {
  const t = 1;
  const key = 2;
  const main = 4;
  const lastFree = 5;
  const free = 6;
  const chain = 7;
  const nodes = 10;
  const before = [...get(t), ...i32.load(table.lastFree), ...set(lastFree), 0x02, 0x40];
  const markSparse = when(
    get(t),
    i32.load8(table.logNodes),
    i32.const(maxSparseLogNodes + 1),
    i32.lessUnsigned,
    when(
      get(key),
      i64.load(0),
      i64.const(1),
      i64.sub,
      i64.const(maxArrayIndex - 1),
      i64.lessUnsigned,
      when(get(t), get(t), i32.load8(table.flags), i32.const(sparseFlag), i32.or, i32.store8(table.flags)),
    ),
  );
  const append = [
    // None free: on to Lua's rehash, which puts them all into a larger table, in their order.
    ...[get(lastFree), get(t), i32.load(table.nodes), tee(nodes), i32.eq, brIf(5)],
    ...[get(key), i32.load8(valueType), i32.const(integerType), i32.eq, markSparse],
    // Lua counts free nodes from the end; here they are used from the beginning.
    ...[get(nodes), i32.const(1), i32.shiftLeft, i32.const(node.bytes), get(t), i32.load8(table.logNodes)],
    ...[i32.shiftLeft, i32.add, get(lastFree), i32.sub, set(free)],
    ...[get(t), get(lastFree), i32.const(node.bytes), i32.sub, i32.store(table.lastFree)],
    ...[get(main), i32.load16Signed(node.chain), tee(chain)],
    when(
      ...[get(free), get(main), get(chain), i32.const(1), i32.shiftRight, i32.const(node.bytes), i32.mul],
      ...[i32.add, get(free), i32.sub, i32.const(node.bytes), i32.divSigned, i32.store(node.next)],
    ),
    ...[get(main), get(free), get(main), i32.sub, i32.const(node.bytes), i32.divSigned],
    ...[i32.const(1), i32.shiftLeft, i32.const(1), i32.or, i32.store16(node.chain)],
    ...[get(free), set(main), br(2)],
  ];
  const isSmall = [
    get(t),
    i32.load8(table.logNodes),
    i32.const(maxLogNodes + 1),
    i32.lessUnsigned,
    when(...append),
  ];
  wasm.replace(lua.newKey, before, [...before, ...get(lastFree), ...when(...isSmall)]);
  // Lua's rehash sets the array size straight, which clears a flag; it clears ours, too.
  wasm.replace(lua.newKey, [0x41, 0xff, 0x00, 0x71], i32.const(sparseFlag - 1).concat(i32.and));
}

/** lua_next: its locals once the table is known. */
function walkSparse(wasm: WasmBinary): void {
  const t = 4;
  const L = 5;
  const key = 3;
  const before = [...get(1), ...i32.load(0), ...tee(t), ...i32.load(8), ...set(1)];
  wasm.replace(lua.next, before, [
    ...before,
    ...get(t),
    ...i32.load8(table.flags),
    ...i32.const(sparseFlag),
    ...i32.and,
    ...when(get(L), get(t), get(key), i32.const(0), call(wasm.import(sparseNextImport)), br(1)),
  ]);
}

/** luaH_getn: the last place of a list that is not nil, where Lua gives any that is followed by nil. */
function measure(wasm: WasmBinary): void {
  const t = 0;
  const border = 1;
  const size = 2;
  const isSparse = [get(t), i32.load8(table.flags), i32.const(sparseFlag), i32.and];
  const places = [
    get(t),
    i32.load(table.array),
    get(size),
    i32.const(1),
    i32.sub,
    i32.const(4),
    i32.shiftLeft,
  ];
  wasm.wrap(
    lua.length,
    [
      [1, i64.type],
      [1, i32.type],
    ],
    (original) =>
      [
        ...isSparse,
        when(
          ...[get(t), i32.const(0), i32.const(0), i32.const(0), call(wasm.import(sparseLengthImport))],
          ...[i64.extendUnsigned, ret],
        ),
        ...[get(t), call(original), set(border)],
        ...[get(t), call(lua.realArraySize), tee(size), i32.const(maxScannedPlaces + 1), i32.lessUnsigned],
        when(
          loop(
            ...[get(size), get(border), i32.wrap64, i32.greaterUnsigned],
            when(
              ...places,
              ...[i32.add, i32.load8(valueType), i32.const(15), i32.and],
              when(get(size), i64.extendUnsigned, ret),
              ...[get(size), i32.const(1), i32.sub, set(size), br(1)],
            ),
          ),
        ),
        get(border),
      ].flat(),
  );
}
