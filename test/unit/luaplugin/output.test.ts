import { expect } from 'chai';
import { parse } from 'yaml';
import { structured } from '../../../luaplugin/output/format.ts';
import { printable } from '../../../luaplugin/output/printable.ts';
import { progressBar } from '../../../luaplugin/output/progress.ts';
import { formatTable } from '../../../luaplugin/output/table.ts';
import { formatSeconds } from '../../../luaplugin/output/time.ts';
import { fakeIo } from './fake-io.ts';

describe('a table', () => {
  it('pads its columns, shows a dash for nothing, and ends its lines without spaces', () => {
    const table = formatTable(
      ['POD', 'NAME'],
      [
        ['default/a', ''],
        ['b', 'web-0'],
      ],
    );
    expect(table).to.equal('POD         NAME\ndefault/a   -\nb           web-0\n');
  });

  it('counts characters, not the halves of one', () => {
    expect(formatTable(['A', 'B'], [['😀', 'x']])).to.equal('A   B\n😀   x\n');
  });
});

describe('printable text', () => {
  it('has nothing left that a terminal would act on', () => {
    expect(printable('a\u001b[2Jb\u0000c\rd\u202ee')).to.equal('a\ufffd[2Jb\ufffdc\ufffdd\ufffde');
  });

  it('keeps tabs and every script', () => {
    expect(printable('a\tü漢😀')).to.equal('a\tü漢😀');
  });
});

describe('a time', () => {
  for (const [seconds, text] of [
    [0, '0µs'],
    [0.000_085_4, '85µs'],
    [0.000_999_4, '999µs'],
    [0.000_999_6, '1.00ms'],
    [0.0123, '12.3ms'],
    [0.9996, '1.00s'],
    [75.5, '75.50s'],
  ] as const) {
    it(`of ${seconds} seconds reads ${text}`, () => {
      expect(formatSeconds(seconds)).to.equal(text);
    });
  }
});

describe('structured output', () => {
  const value = { a: [1, { b: 'x' }] };

  it('is indented JSON', async () => {
    expect(await structured(value, 'json')).to.equal(`${JSON.stringify(value, undefined, 2)}\n`);
  });

  it('has nothing left that a terminal would act on, and reads back the same', async () => {
    const texts = ['\u001b[31m', '\u009b2J', '\u007f', 'a\u202eb', 'a\u2028b\n\u009d0;x\u0007\nc\n', 'a\rb'];
    const hostile = { texts, 'a\u202ekey': { '\u001b[1m': '\u2066' }, plain: 'a\nb\n' };
    for (const format of ['json', 'yaml'] as const) {
      const text = await structured(hostile, format);
      expect(text.replaceAll('\n', ''), format).not.to.match(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      expect(parse(text), format).to.deep.equal(hostile);
    }
  });

  it('is YAML', async () => {
    expect(await structured(value, 'yaml')).to.equal('a:\n  - 1\n  - b: x\n');
  });
});

describe('a progress bar', () => {
  it('shows on a terminal how much is done, once somebody waits, and leaves nothing behind', () => {
    const io = fakeIo('', true);
    let now = 0;
    const bar = progressBar(io, 'Testing', () => now);
    bar.update(0.1);
    expect(io.err(), 'too early').to.equal('');
    now = 400;
    bar.update(0.5);
    expect(io.err()).to.contain(`Testing [${'#'.repeat(15)}${'.'.repeat(15)}] 50%`);
    bar.end();
    expect(io.err().endsWith('\r\u001b[2K')).to.equal(true);
    expect(io.out()).to.equal('');
  });

  it('writes nothing at all when one of the outputs is no terminal', () => {
    const [piped, terminal] = [fakeIo(), fakeIo('', true)];
    let now = 0;
    for (const io of [piped, { ...terminal, stdout: piped.stdout }, { ...terminal, stderr: piped.stderr }]) {
      const bar = progressBar(io, 'Testing', () => now);
      now += 1_000;
      bar.update(0.5);
      bar.end();
    }
    expect([piped.err(), terminal.err(), piped.out(), terminal.out()].join('')).to.equal('');
  });
});
