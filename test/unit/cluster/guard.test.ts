import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { useTemporaryDirectory } from './fakes.ts';

const guardModule = new URL('../../cluster/guard.ts', import.meta.url).href;

describe('the guard', () => {
  const directory = useTemporaryDirectory();
  const started: ChildProcess[] = [];

  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  it('ends the servers and removes their files when the test runner is killed', async () => {
    const files = join(directory.path, 'files');
    await mkdir(files);
    const [noted, added] = [startServer(), startServer()];
    await writeFile(join(files, 'pids'), `${noted.pid}\n`);
    const runner = await startRunner(files, `guard.add(${added.pid}); process.stdout.write('ready');`);

    runner.kill('SIGKILL');

    await Promise.all([once(noted, 'exit'), once(added, 'exit')]);
    expect([noted.signalCode, added.signalCode]).to.deep.equal(['SIGKILL', 'SIGKILL']);
    await eventually('the files to be removed', () => !existsSync(files));
  });

  it('touches nothing once it is released', async () => {
    const server = startServer();
    const runner = await startRunner(
      directory.path,
      `guard.add(${server.pid}); await guard.release(); await guard.release(); process.stdout.write('ready');`,
    );

    runner.kill('SIGKILL');
    await once(runner, 'exit');

    expect(server.signalCode).to.equal(null);
    expect(existsSync(directory.path)).to.equal(true);
  });

  function startServer(): ChildProcess {
    const server = spawn('sleep', ['600'], { stdio: 'ignore' });
    started.push(server);
    return server;
  }

  /** A process with a guard, that runs the code, and returns when that has written something. */
  async function startRunner(guarded: string, code: string): Promise<ChildProcess> {
    const program = [
      `import { startGuard } from '${guardModule}';`,
      `const guard = startGuard(${JSON.stringify(guarded)});`,
      'setInterval(() => {}, 1_000);',
      code,
    ];
    const runner = spawn(process.execPath, ['--input-type=module', '-e', program.join('\n')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(runner);
    await once(runner.stdout, 'data');
    return runner;
  }
});
