import { expect } from 'chai';
import { completionScript } from '../../../luaplugin/commands/completion/completion.ts';
import { grammarOf } from '../../../luaplugin/commands/completion/grammar.ts';
import { buildProgram } from '../../../luaplugin/program/program.ts';
import { fakeIo } from './fake-io.ts';

const program = buildProgram(fakeIo(), () => {});
const { commands } = grammarOf(program);

describe('shell completion', () => {
  it('knows every command and every option that the program takes', () => {
    const own = [...program.commands.map((command) => command.name()), 'help'];
    expect(commands.map(({ name }) => name)).to.deep.equal(own);
    for (const command of program.commands) {
      const known = commands
        .find(({ name }) => name === command.name())
        ?.options.flatMap(({ flags }) => flags);
      expect(known).to.include.members(command.options.flatMap(({ long }) => long ?? []));
    }
  });

  it('knows what the values are', () => {
    const values = (command: string, flag: string) =>
      commands.find(({ name }) => name === command)?.options.find(({ flags }) => flags.includes(flag))
        ?.values;
    expect(values('test', '-o')).to.deep.equal(['table', 'json', 'yaml', 'junit']);
    expect(values('run', '--pods')).to.equal('files');
    expect(values('bench', '--duration')).to.equal('text');
    expect(values('bench', '--help')).to.equal('none');
    expect(values('create', '--script')).to.equal('files');
    expect(values('list', '--kubeconfig')).to.equal('files');
    expect(values('list', '-o')).to.deep.equal(['table', 'wide', 'json', 'yaml', 'name']);
    expect(values('rollback', '--dry-run')).to.deep.equal(['client', 'server']);
    const argument = (command: string) => commands.find(({ name }) => name === command)?.values;
    expect(argument('get')).to.equal('text');
    expect(argument('explain')).to.deep.equal(['pod']);
    expect(argument('cleanup')).to.equal('none');
    expect(commands.find(({ name }) => name === 'completion')?.values).to.deep.equal(['bash', 'zsh', 'fish']);
  });

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    it(`has all of it in the script for ${shell}, also under kubectl's name`, () => {
      const script = completionScript(shell, program);
      for (const { name, options } of commands) {
        expect(script).to.contain(name);
        for (const { flags } of options) {
          for (const flag of flags)
            expect(script).to.contain(shell === 'fish' ? flag.replace(/^-+/, '') : flag);
        }
      }
      expect(script).to.contain('kubectl-luaplugin').and.to.contain('table json yaml junit');
    });
  }

  it('quotes the apostrophes of descriptions for each shell', () => {
    expect(completionScript('zsh', program)).to.contain(`a Pod'\\''s metadata`);
    expect(completionScript('fish', program)).to.contain(`a Pod\\'s metadata`);
  });
});
