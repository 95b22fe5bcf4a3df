import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { useLuaplugin } from './luaplugin.ts';

const run = promisify(execFile);

describe('luaplugin completion bash', () => {
  const lab = useLuaplugin();
  before(async () => {
    const { code, stdout } = await lab.run(['completion', 'bash']);
    expect(code).to.equal(0);
    await lab.write('completion.bash', stdout);
  });

  /** What bash offers for the last of the words. */
  async function offers(...words: string[]): Promise<string[]> {
    const script = `set -u; source ./completion.bash
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _luaplugin; printf '%s\\n' "\${COMPREPLY[@]-}"`;
    const { stdout } = await run('bash', ['--norc', '-c', script, 'bash', ...words], { cwd: lab.directory });
    return stdout.split('\n').filter(Boolean);
  }

  it('is a script that bash takes, and is registered for both names', async () => {
    const { stdout } = await run('bash', ['--norc', '-c', 'source ./completion.bash; complete -p'], {
      cwd: lab.directory,
    });
    expect(stdout)
      .to.match(/-F _luaplugin luaplugin$/m)
      .and.to.match(/-F _luaplugin kubectl-luaplugin$/m);
  });

  it('offers commands', async () => {
    expect(await offers('luaplugin', '')).to.include.members([
      'run',
      'check',
      'test',
      'bench',
      'completion',
      'help',
    ]);
    expect(await offers('luaplugin', 'ch')).to.deep.equal(['check']);
  });

  it("offers a command's options after a dash", async () => {
    expect(await offers('luaplugin', 'bench', 'x.yaml', '--d')).to.deep.equal(['--duration']);
    expect(await offers('luaplugin', 'test', '--d')).to.deep.equal([]);
  });

  it('offers the values of an option, in both ways of writing it', async () => {
    expect(await offers('luaplugin', 'test', '-o', '')).to.deep.equal(['table', 'json', 'yaml', 'junit']);
    expect(await offers('luaplugin', 'test', '--output', '=', 'ju')).to.deep.equal(['junit']);
    expect(await offers('luaplugin', 'test', '--output', '=')).to.have.length(4);
  });

  it('leaves files to bash', async () => {
    expect(await offers('luaplugin', 'run', '')).to.deep.equal([]);
    expect(await offers('luaplugin', 'run', 'x', '--pods', '')).to.deep.equal([]);
  });

  it('offers the shells, and the commands that there is help for', async () => {
    expect(await offers('luaplugin', 'completion', 'z')).to.deep.equal(['zsh']);
    expect(await offers('luaplugin', 'help', 'be')).to.deep.equal(['bench']);
  });
});
