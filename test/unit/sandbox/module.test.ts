import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { compileLua } from '../../../operator/sandbox/engine/module.ts';

describe("wasmoon's Lua", () => {
  const wasm = readFileSync(fileURLToPath(new URL('glue.wasm', import.meta.resolve('wasmoon'))));

  it('is compiled with the three changes', () => {
    expect(() => compileLua(wasm)).to.not.throw();
  });

  it('is refused when it is not the version that the changes were made for', () => {
    const other = Buffer.from(wasm);
    other.write('-987654321', other.indexOf('-0123456789'), 'latin1');
    expect(() => compileLua(other)).to.throw('this is not the Lua of wasmoon 1.16.0: the digit constant');
  });
});
