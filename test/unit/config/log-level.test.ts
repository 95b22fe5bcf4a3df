import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config/config.ts';
import { LogLevelWatch } from '../../../operator/process/log-level.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

const head = 'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\n';

describe('the log level in the config file', () => {
  const clock = new ManualClock();
  const levels: string[] = [];
  let directory = '';
  let file = '';
  let log = recordingLogger();
  let abort = new AbortController();
  let running: Promise<void> | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'level-'));
    file = join(directory, 'config.yaml');
    await writeFile(file, `${head}logLevel: info\n`);
    log = recordingLogger();
    levels.length = 0;
    abort = new AbortController();
    const load = () => loadConfig(file);
    const watch = new LogLevelWatch({
      config: await load(),
      load,
      setLevel: (level) => levels.push(level),
      clock,
      logger: log.logger,
    });
    running = watch.run(abort.signal);
  });
  afterEach(async () => {
    abort.abort();
    await running;
    await rm(directory, { recursive: true, force: true });
  });

  /** The file is written, and looked at so many times. */
  const change = async (text: string, looks = 1) => {
    await writeFile(file, text);
    for (let look = 0; look < looks; look += 1) {
      await eventually('the watch to sleep', () => clock.sleepers === 1);
      await clock.advance(10_000);
      await eventually('the watch to have looked', () => clock.sleepers === 1);
    }
  };

  it('is taken over within ten seconds, and back', async () => {
    await change(`${head}logLevel: debug\n`, 2);
    expect(levels).to.deep.equal(['debug']);
    expect(log.lines).to.deep.include({
      level: 'info',
      msg: 'log level changed',
      logLevel: 'debug',
      time: log.lines[0]?.time,
    });
    await change(`${head}logLevel: info\n`);
    expect(levels).to.deep.equal(['debug', 'info']);
  });

  it('stays while the file can not be used, which is said once', async () => {
    await change(`${head}logLevel: loud\n`, 3);
    expect(levels).to.deep.equal([]);
    expect(log.lines.map(({ msg }) => msg)).to.deep.equal(['the changed config file can not be used']);
    expect(String(log.lines[0]?.error)).to.contain('/logLevel');
    await change(`${head}logLevel: warn\n`);
    expect(levels).to.deep.equal(['warn']);
  });

  it('is all that is taken over: of other changes it is said once that they need a restart', async () => {
    await change(`${head}logLevel: info\nconcurrency: 3\n`, 3);
    expect(levels).to.deep.equal([]);
    expect(log.lines.map(({ level, msg }) => `${level} ${msg}`)).to.deep.equal([
      'warn the config file changed; what is more than its logLevel counts from the next start on',
    ]);
  });
});
