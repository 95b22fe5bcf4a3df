import { expect } from 'chai';
import { parseDocuments } from '../../../luaplugin/input/yaml.ts';

/** The file's lines of the script's lines, where the script is the field `script` of the file. */
function mapped(text: string): { script: string; lines: number[]; whole: number; isExact: boolean } {
  const [document] = parseDocuments({ file: 'f.yaml', text });
  if (!document) throw new Error('no document');
  const { script } = document.value as { script: string };
  const { isExact, lineOf } = document.linesOf(['script']);
  const lines = script.trimEnd().split('\n');
  return { script, lines: lines.map((_, index) => lineOf(index + 1)), whole: lineOf(undefined), isExact };
}

describe('the lines of a script in YAML', () => {
  it('follow the bar of a literal block, one for one', () => {
    const text = 'a: 1\nscript: |\n  one\n\n  three\nb: 2\n';
    expect(mapped(text)).to.deep.equal({
      script: 'one\n\nthree\n',
      lines: [3, 4, 5],
      whole: 2,
      isExact: true,
    });
  });

  it('count empty lines at the beginning, whatever the indicators of the block', () => {
    expect(mapped('script: |2- # Lua\n\n    two\n').lines).to.deep.equal([2, 3]);
  });

  it('end with the block, also for the line after the last one that Lua names', () => {
    const [document] = parseDocuments({ file: 'f', text: 'script: |\n  one\n\n\nb: 2\n' });
    expect(document?.linesOf(['script']).lineOf(2)).to.equal(2);
  });

  it('are found in a file with CRLF', () => {
    expect(mapped('script: |\r\n  one\r\n  two\r\n').lines).to.deep.equal([2, 3]);
  });

  it('are found where a folded block joins them', () => {
    const text = 'script: >\n  one\n  one, too\n\n  two\n    three\n  four\n';
    expect(mapped(text)).to.deep.equal({
      script: 'one one, too\ntwo\n  three\nfour\n',
      lines: [2, 5, 6, 7],
      whole: 1,
      isExact: false,
    });
  });

  it('are found in a folded block whose indent is given', () => {
    expect(mapped('script: >2\n  one\n\n  two\n').lines).to.deep.equal([2, 4]);
  });

  it('are found in a quoted text that holds several in one', () => {
    expect(mapped('script: "one\\ntwo\n  two, too\n\n  three"\n').lines).to.deep.equal([1, 1, 4]);
    expect(mapped("script: 'one\n\n  it''s two'\n").lines).to.deep.equal([1, 3]);
  });

  it('are all on one line in JSON', () => {
    expect(mapped('{"a": 1,\n "script": "one\\ntwo"}').lines).to.deep.equal([2, 2]);
  });

  it('are found through an alias, in the second document of a file', () => {
    const [, document] = parseDocuments({
      file: 'f',
      text: 'a: 1\n---\nb: &s |\n  one\n  two\nscript: *s\n',
    });
    expect(document?.linesOf(['script']).lineOf(2)).to.equal(5);
  });
});

describe('a field in YAML', () => {
  const text = '# first\nspec:\n  tests:\n    - name: a\n    - name: b\n      expect: {}\n';
  const [document] = parseDocuments({ file: 'f', text });

  it('stands on the line of its key', () => {
    expect(document?.lineOf(['spec', 'tests', '1', 'expect'])).to.equal(6);
    expect(document?.lineOf(['spec', 'tests', '1'])).to.equal(5);
  });

  it('that is not there counts as on the line of the one around it', () => {
    expect(document?.lineOf(['spec', 'tests', '0', 'expect'])).to.equal(4);
    expect(document?.lineOf(['metadata'])).to.equal(2);
  });
});
