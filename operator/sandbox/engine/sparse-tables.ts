import type { Pointer } from './lua-exports.ts';
import { maxArrayIndex } from './patch/ordered-tables.ts';

/**
 * Tables with positive whole numbers among their nodes, read where they lie in Lua's memory. gopher-lua keeps all
 * such keys in an array: they are walked first and ascending, and the largest is the length. The structures are those
 * of patch/ordered-tables.ts.
 */

const nodeBytes = 24;
const valueBytes = 16;
const integerType = 3;
/** The low bits of a type: 0 is nil, whatever the reason for it. */
const typeBits = 15;
/** Of a key's type: whether a pointer is its value. */
const collectable = 64;

/** `next` on such a table. @param key Lua's stack slot with the key; it and the one after it get the next pair
 * @returns 1, or 0 at the end */
export function sparseNext(bytes: Buffer, table: Pointer, key: Pointer): number {
  const nodes = bytes.readUInt32LE(table + 16);
  const count = 1 << bytes.readUInt8(table + 7);
  const index = indexAt(bytes, key, key + 8);
  const isFirst = (bytes.readUInt8(key + 8) & typeBits) === 0;
  if (isFirst || index > 0) {
    const next = nextIndex(bytes, table, index);
    if (next > 0) {
      bytes.writeUInt8(integerType, key + 8);
      bytes.writeBigInt64LE(BigInt(next), key);
      copyValue(bytes, placeOf(bytes, table, next), key + valueBytes);
      return 1;
    }
  }
  let at = isFirst || index > 0 ? 0 : nodeOf(bytes, nodes, count, key) + 1;
  for (; at < count; at++) {
    const node = nodes + at * nodeBytes;
    if ((bytes.readUInt8(node + 8) & typeBits) === 0 || indexAt(bytes, node + 16, node + 9) > 0) continue;
    bytes.copyWithin(key, node + 16, node + nodeBytes);
    bytes.writeUInt8(bytes.readUInt8(node + 9), key + 8);
    copyValue(bytes, node, key + valueBytes);
    return 1;
  }
  return 0;
}

/** `#` of such a table. */
export function sparseLength(bytes: Buffer, table: Pointer): number {
  let largest = 0;
  const nodes = bytes.readUInt32LE(table + 16);
  const end = nodes + (nodeBytes << bytes.readUInt8(table + 7));
  for (let node = nodes; node < end; node += nodeBytes) {
    if ((bytes.readUInt8(node + 8) & typeBits) === 0) continue;
    largest = Math.max(largest, indexAt(bytes, node + 16, node + 9));
  }
  if (largest > 0) return largest;
  let place = arraySize(bytes, table);
  const array = bytes.readUInt32LE(table + 12);
  while (place > 0 && (bytes.readUInt8(array + (place - 1) * valueBytes + 8) & typeBits) === 0) place--;
  return place;
}

/** The positive whole number at a place, as far as gopher-lua has it in its array; 0 for anything else. */
function indexAt(bytes: Buffer, value: Pointer, type: Pointer): number {
  if (bytes.readUInt8(type) !== integerType || bytes.readUInt32LE(value + 4) !== 0) return 0;
  const index = bytes.readUInt32LE(value);
  return index < maxArrayIndex ? index : 0;
}

/** The smallest index after one that has a value; 0 for none. */
function nextIndex(bytes: Buffer, table: Pointer, after: number): number {
  const size = arraySize(bytes, table);
  const array = bytes.readUInt32LE(table + 12);
  for (let place = after; place < size; place++) {
    if ((bytes.readUInt8(array + place * valueBytes + 8) & typeBits) !== 0) return place + 1;
  }
  let smallest = 0;
  const nodes = bytes.readUInt32LE(table + 16);
  const end = nodes + (nodeBytes << bytes.readUInt8(table + 7));
  for (let node = nodes; node < end; node += nodeBytes) {
    if ((bytes.readUInt8(node + 8) & typeBits) === 0) continue;
    const index = indexAt(bytes, node + 16, node + 9);
    if (index > after && (smallest === 0 || index < smallest)) smallest = index;
  }
  return smallest;
}

/** Where the value of an index that nextIndex gave is. */
function placeOf(bytes: Buffer, table: Pointer, index: number): Pointer {
  if (index <= arraySize(bytes, table)) return bytes.readUInt32LE(table + 12) + (index - 1) * valueBytes;
  const nodes = bytes.readUInt32LE(table + 16);
  const end = nodes + (nodeBytes << bytes.readUInt8(table + 7));
  for (let node = nodes; node < end; node += nodeBytes) {
    if (indexAt(bytes, node + 16, node + 9) === index) return node;
  }
  return nodes;
}

function copyValue(bytes: Buffer, from: Pointer, to: Pointer): void {
  bytes.copyWithin(to, from, from + 8);
  bytes.writeUInt8(bytes.readUInt8(from + 8), to + 8);
}

/** The place of a key among the nodes; the last one if it is not there, so that the walk ends. */
function nodeOf(bytes: Buffer, nodes: Pointer, count: number, key: Pointer): number {
  const type = bytes.readUInt8(key + 8);
  for (let at = 0; at < count; at++) {
    const node = nodes + at * nodeBytes;
    if (bytes.readUInt32LE(node + 16) !== bytes.readUInt32LE(key)) continue;
    const isPointer = (type & collectable) !== 0;
    // The key of a value that is gone may have lost its type, not its pointer.
    if (isPointer || bytes.readUInt8(node + 9) === type) {
      if (isPointer || bytes.readUInt32LE(node + 20) === bytes.readUInt32LE(key + 4)) return at;
    }
  }
  return count;
}

/** luaH_realasize: Lua may keep a hint where the size should be. */
function arraySize(bytes: Buffer, table: Pointer): number {
  const size = bytes.readUInt32LE(table + 8);
  if ((bytes.readUInt8(table + 6) & 0x80) === 0 || (size & (size - 1)) === 0) return size;
  return 2 ** Math.ceil(Math.log2(size));
}
