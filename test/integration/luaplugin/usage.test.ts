import { spawn } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { main, runProgram, useLuaplugin } from './luaplugin.ts';

describe('the luaplugin program', () => {
  const lab = useLuaplugin();
  before(async () => {
    await lab.write('p.lua', 'function GetWorkloadTypeAndName() return "Job", "a" end');
    await lab.write('binary', '\u0000');
  });

  for (const [what, words, stdin, line] of [
    ['an unknown command', ['frob'], '', "luaplugin: unknown command 'frob'; see luaplugin --help"],
    [
      'an unknown option',
      ['run', 'p.lua', '--foo'],
      '',
      /unknown option '--foo'.*; see luaplugin run --help$/,
    ],
    [
      'a command without its argument',
      ['check'],
      '',
      /missing required argument 'plugin'; see luaplugin check --help$/,
    ],
    [
      'an unknown format',
      ['run', 'p.lua', '-o', 'xml'],
      '',
      /'xml' is invalid\. Allowed choices are table, json, yaml/,
    ],
    ['no Pods', ['run', 'p.lua'], '', /say whom to ask about: --metadata <file>, or --pods <file>; see/],
    ['a duration of nothing', ['bench', 'p.lua', '--duration', '0s'], '', /Write a whole number above 0/],
    ['stdin twice', ['run', '-', '--metadata', '-'], '', /only one of .* can be - \(standard input\)/],
    [
      'a file that is not there',
      ['run', 'nope.lua', '--metadata', '-'],
      '{}',
      'nope.lua: there is no such file; check the path',
    ],
    [
      'a directory for metadata',
      ['run', 'p.lua', '--metadata', '.'],
      '',
      '.: is a directory; name a file in it',
    ],
    ['no metadata', ['run', 'p.lua', '--metadata', '-'], '', /^\(stdin\): holds no Pod; give Pods as/],
    [
      'metadata that is no object',
      ['run', 'p.lua', '--metadata', '-'],
      '[1]',
      /^\(stdin\): the document must be an object/,
    ],
    ['no YAML', ['check', '-'], 'a: [', /^\(stdin\):1: is no YAML: /],
    ['another kind', ['test', '-'], 'kind: Pod', /^\(stdin\): holds no LuaPlugin but Pod; begin one with/],
    ['binary data', ['run', 'binary', '--metadata', '-'], '', /^binary: /],
    ['an empty name', ['check', ''], '', '"": there is no such file; check the path'],
  ] as const) {
    it(`answers ${what} with one line and exit code 2`, async () => {
      const { code, stdout, stderr } = await lab.run(words, stdin);
      expect(stderr.replace(/\n$/, ''))
        .to.match(typeof line === 'string' ? /./ : line)
        .and.not.contain('\n');
      if (typeof line === 'string') expect(stderr).to.equal(`${line}\n`);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    });
  }

  it('shows help with examples for every command', async () => {
    const { stdout } = await lab.run(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, command = '']) => command);
    expect(commands).to.include.members([
      'run',
      'check',
      'test',
      'bench',
      'completion',
      'create',
      'explain',
      'cleanup',
    ]);
    for (const command of commands.filter((name) => name !== 'help')) {
      const help = await lab.run([command, '--help']);
      expect(help.stdout, command).to.match(/\nExamples:\n {2}.*luaplugin /);
      expect(help.code).to.equal(0);
    }
  });

  it('shows the help, as an error, when it is given nothing to do', async () => {
    const { code, stdout, stderr } = await lab.run([]);
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.match(/^Usage: luaplugin /);
  });

  it("is called by kubectl under its plugin's name", async () => {
    const link = join(lab.directory, 'kubectl-luaplugin');
    await symlink(main, link);
    const { stdout } = await runProgram([link, '--help'], lab.directory);
    expect(stdout).to.match(/^Usage: kubectl luaplugin /);
  });

  it('ends quietly when nobody reads on', async () => {
    const pods = JSON.stringify({
      kind: 'List',
      items: Array.from({ length: 20_000 }, (_, index) => ({
        kind: 'Pod',
        metadata: { name: `pod-${index}` },
      })),
    });
    await lab.write('pods.json', pods);
    const child = spawn(process.execPath, [main, 'run', 'p.lua', '--pods', 'pods.json'], {
      cwd: lab.directory,
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.stdout.once('data', () => child.stdout.destroy());
    await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).to.equal('');
  });

  it('has not loaded the Kubernetes client, the sandbox or a parser when it shows help', async () => {
    // The hook sees each module that is loaded, those of CommonJS packages too.
    await lab.write(
      'watch.mjs',
      `import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';
registerHooks({ load: (url, context, next) => { writeSync(2, url + '\\n'); return next(url, context); } });
`,
    );
    const watched = async (...words: string[]) => {
      const { code, stderr } = await runProgram(['--import', './watch.mjs', main, ...words], lab.directory);
      expect(code).to.equal(0);
      return stderr.split('\n').filter((url) => url.startsWith('file:'));
    };
    const packages = (urls: string[]) =>
      new Set(urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []));
    const help = await watched('run', '--help');
    expect([...packages(help)]).to.deep.equal(['commander']);
    expect(help.filter((url) => url.includes('/operator/sandbox/'))).to.deep.equal([]);
    const check = await watched('check', 'p.lua');
    expect([...packages(check)])
      .to.include('yaml')
      .and.not.include('@kubernetes/client-node');
    const create = await watched('create', 'p', '--script', 'p.lua', '--dry-run=client');
    expect([...packages(create)]).to.not.include('@kubernetes/client-node');
  });
});
