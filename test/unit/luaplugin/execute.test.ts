import { expect } from 'chai';
import { execute } from '../../../luaplugin/program/program.ts';
import { fakeIo } from './fake-io.ts';

const hostile = `apiVersion: luaplugin.dev/v1alpha1
kind: LuaPlugin
metadata: {name: p}
spec: {script: x, "a\\e[31mb\\x9bc": 1}
`;

describe('what a command says of bad input', () => {
  it('has nothing in it that a terminal would act on, whoever wrote the file', async () => {
    const io = fakeIo(hostile);
    expect(await execute(['test', '-'], io)).to.equal(2);
    expect(io.err()).to.equal('(stdin):4: spec[a\ufffd[31mb\ufffdc]: unknown field\n');
  });

  it('nor has what it says of a command line', async () => {
    const io = fakeIo();
    expect(await execute(['list', '--output', 'x\u001b[2J'], io)).to.equal(2);
    expect(io.err()).to.contain("argument 'x\ufffd[2J' is invalid");
  });

  for (const [words, end] of [
    [['install', '--variant', 'x'], 'cert-manager'],
    [['install', '--image', '!'], 'lua-plugin-operator:0.1.0'],
    [['bench', 'p', '--duration', 'x'], 'as in 5s'],
  ] as const) {
    it(`has one sign of punctuation before what to see: ${words.join(' ')}`, async () => {
      const io = fakeIo();
      expect(await execute(words, io)).to.equal(2);
      expect(io.err()).to.match(new RegExp(`${end}; see luaplugin ${words[0]} --help\n$`));
    });
  }
});

describe('the help', () => {
  it('says what the exit codes mean, on a cluster too, and that the operator can be installed', async () => {
    const io = fakeIo();
    expect(await execute(['--help'], io)).to.equal(0);
    const text = io.out().replaceAll(/\s+/g, ' ');
    expect(text).to.contain('install the operator there.');
    expect(text).to.contain(
      "1 it failed: a plugin or a test, the cluster can't be reached or refuses, or a right is missing; 2 bad",
    );
  });
});
