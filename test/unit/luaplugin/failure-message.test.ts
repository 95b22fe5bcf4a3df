import { expect } from 'chai';
import { failureMessage, ownFile, scriptLines } from '../../../luaplugin/input/script-lines.ts';

const inBlock = scriptLines('|\n  one\n  two\n  three\n', 'BLOCK_LITERAL', 10);

function shown(message: string, reason: 'compile' | 'runtime' = 'runtime', line: number | undefined = 3) {
  return failureMessage(
    { reason, message, ...(line === undefined ? {} : { line }) },
    'my-plugin',
    'f.yaml',
    inBlock,
  );
}

describe("an error's message", () => {
  it('has no place of its own in front: file and line stand there already', () => {
    expect(shown('my-plugin:3: boom')).to.equal('boom');
    expect(shown('my-plugin: not enough memory', 'runtime', undefined)).to.equal('not enough memory');
  });

  it("names the file's lines where Lua names the script's", () => {
    expect(shown('my-plugin:3: my-plugin:1: boom')).to.equal('f.yaml:11: boom');
    expect(shown("my-plugin:3: 'end' expected (to close 'if' at line 2) near <eof>", 'compile')).to.equal(
      "'end' expected (to close 'if' at line 12) near <eof>",
    );
  });

  it("leaves the author's own words alone", () => {
    expect(shown('my-plugin:3: see the note at line 2')).to.equal('see the note at line 2');
    expect(shown('other:3: boom')).to.equal('other:3: boom');
  });

  it("gives the script's line where the file's line holds several", () => {
    const quoted = scriptLines('"one\\ntwo"', 'QUOTE_DOUBLE', 4);
    expect(
      failureMessage({ reason: 'runtime', message: 'p:2: boom', line: 2 }, 'p', 'f.yaml', quoted),
    ).to.equal('boom (line 2 of the script)');
  });

  it('knows a name that Lua has shortened', () => {
    const name = 'a'.repeat(80);
    const failure = { reason: 'runtime', message: `${name.slice(0, 59)}:3: boom`, line: 3 } as const;
    expect(failureMessage(failure, name, 'f.lua', ownFile)).to.equal('boom');
  });
});
