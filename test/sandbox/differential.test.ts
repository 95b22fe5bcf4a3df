import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LuaState } from '../../operator/sandbox/engine/state.ts';
import { mebibyte, memoryOf, parts } from '../unit/sandbox/engine.ts';
import { Documents, randomFrom } from './dkjson/documents.ts';

/** The same seed gives the same documents; DKJSON_SEED repeats a run. */
const seed = Number(process.env.DKJSON_SEED ?? Math.floor(Math.random() * 2 ** 32));
const decodedDocuments = 20_000;
const encodedDocuments = 3000;
const file = (name: string) => fileURLToPath(new URL(`dkjson/${name}`, import.meta.url));

describe(`dkjson in the sandbox and Debian's (DKJSON_SEED=${seed})`, () => {
  const missing = ['lua5.1', 'lua5.4'].filter(
    (lua) => spawnSync(lua, ['-e', 'require("dkjson")']).status !== 0,
  );
  if (missing.length > 0) {
    it(
      `are not compared: ${missing.join(' and ')} cannot load dkjson; apt-get install lua5.1 lua5.4 lua-dkjson`,
    );
    return;
  }

  it(`decode ${decodedDocuments} documents to the same values, positions and messages, as lua5.1 and as lua5.4 do`, () => {
    const documents = new Documents(randomFrom(seed));
    const operations = 'aaabbbcdefghij';
    const trials = Array.from(
      { length: decodedDocuments },
      (_, index) => `${operations[index % operations.length]}${documents.any()}`,
    );
    // Whole numbers of more than 53 bits are doubles here, as in gopher-lua.
    compare(
      trials.filter((trial) => !/\d{16}/.test(trial)),
      'lua5.4',
      true,
    );
    // Lua 5.1 reads escapes that are no four digits in a way of its own: 0x and signs count, a NUL ends them.
    const plain = trials.filter((trial) => !/\\u(?![\da-f]{4})/i.test(trial.replaceAll(/\\u(12)?"/g, '')));
    // Its numbers are doubles: two keys of an object that differ in the last of so many digits are one key to it.
    const ofDoubles = plain.filter((trial) => !/\d{16}[^,{}]*:/.test(trial));
    compare(ofDoubles, 'lua5.1', false);
  });

  it(`encode ${encodedDocuments} documents to the same text as lua5.1 does`, () => {
    const documents = new Documents(randomFrom(seed + 1));
    compare(
      Array.from({ length: encodedDocuments }, (_, index) => `${'xyz'[index % 3]}${documents.tame()}`)
        // Of these Lua 5.1 writes 14 digits, the sandbox and gopher-lua as many as there are.
        .filter((trial) => !/\.\d{14}/.test(trial)),
      'lua5.1',
      false,
    );
  });

  it('quote every character of the basic plane, and some beyond, the same', () => {
    const trials: string[] = [];
    for (let code = 0; code < 0x11000; code += 64) {
      const codes = Array.from({ length: 64 }, (_, index) => code + index);
      trials.push(
        `q${codes
          .filter((each) => each < 0xd800 || each > 0xdfff)
          .map((each) => String.fromCodePoint(each))
          .join('')}`,
      );
    }
    compare(trials, 'lua5.4', true);
    compare(trials, 'lua5.1', false);
  });
});

/** Fails with the first few trials whose results differ. */
function compare(trials: readonly string[], lua: string, exact: boolean): void {
  const expected = reference(trials, lua);
  const actual = inSandbox(trials, exact);
  const differences = trials.flatMap((trial, index) =>
    actual[index] === expected[index] ? [] : [{ trial, [lua]: expected[index], sandbox: actual[index] }],
  );
  expect(expected).to.have.lengthOf(trials.length);
  expect(differences.slice(0, 5), `${differences.length} of ${trials.length} differ`).to.deep.equal([]);
}

function reference(trials: readonly string[], lua: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'dkjson-'));
  try {
    const input = join(folder, 'trials');
    writeFileSync(input, Buffer.concat(trials.map(framed)));
    const options = { maxBuffer: 512 * mebibyte };
    return unframed(execFileSync(lua, [file('reference.lua'), file('trial.lua'), input], options));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The engine that a Worker has, without the processes around it. */
function inSandbox(trials: readonly string[], exact: boolean): string[] {
  // A result holds 254 bytes, so each call brings a piece of the last trial's.
  const script = `local try = (function() ${readFileSync(file('trial.lua'), 'utf8')} end)()
    local rest = ""
    function GetWorkloadTypeAndName(trial)
      if trial ~= "" then rest = try(trial:sub(1, 1), trial:sub(2), ${exact}) end
      local piece = rest:sub(1, 250)
      rest = rest:sub(251)
      return "x" .. piece, ""
    end`;
  const state = new LuaState(parts, memoryOf(256 * mebibyte), undefined);
  const failure = state.run(Buffer.from(script), 'trial') ?? state.findFunction();
  if (failure) throw new Error(JSON.stringify(failure));
  const call = (bytes: Buffer): string => {
    const results = state.call(bytes, 0, bytes.length);
    if ('kind' in results) throw new Error(results.message);
    return String(results[0]).slice(1);
  };
  return trials.map((trial) => {
    let result = '';
    for (let piece = call(Buffer.from(trial)); piece !== ''; piece = call(Buffer.alloc(0))) result += piece;
    return result;
  });
}

function framed(trial: string): Buffer {
  const bytes = Buffer.from(trial);
  return Buffer.concat([Buffer.from(`${bytes.length}:`), bytes]);
}

function unframed(output: Buffer): string[] {
  const results: string[] = [];
  for (let at = 0; at < output.length; ) {
    const colon = output.indexOf(':', at);
    const end = colon + 1 + Number(output.toString('latin1', at, colon));
    results.push(output.toString('latin1', colon + 1, end));
    at = end;
  }
  return results;
}
