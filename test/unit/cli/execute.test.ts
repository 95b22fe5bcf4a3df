import { expect } from 'chai';
import { execute } from '../../../operator/cli/execute.ts';
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
});
