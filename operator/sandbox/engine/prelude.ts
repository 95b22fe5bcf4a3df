import { readFileSync } from 'node:fs';

/**
 * A chunk of our own Lua, run in every new state before the script.
 */
export interface PreludeChunk {
  readonly name: string;
  readonly source: Buffer;
}

/** The chunks of lua/, in the order in which they run. */
export function readPrelude(): PreludeChunk[] {
  const names = ['dkjson', 'errors', 'numbers', 'strings', 'tables', 'sort', 'dates', 'source', 'sandbox'];
  return names.map((name) => ({
    name,
    source: readFileSync(new URL(`../lua-library/${name}.lua`, import.meta.url)),
  }));
}
