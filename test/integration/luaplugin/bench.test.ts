import { join } from 'node:path';
import { expect } from 'chai';
import { examples, useLuaplugin } from './luaplugin.ts';

describe('luaplugin bench', () => {
  const lab = useLuaplugin();
  const label = ['bench', join(examples, 'label.yaml'), '--metadata', join(examples, 'pods/label.yaml')];

  it('measures calls per second and the time of a call', async () => {
    const { code, stdout, stderr } = await lab.run([...label, '--duration', '200ms']);
    expect(stdout).to.match(/^PLUGIN +CALLS\/S +P50 +P99 +CALLS +ERRORS\nlabel +\d+ +\S+s +\S+s +\d+ +0\n$/);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('writes JSON', async () => {
    const { stdout } = await lab.run([...label, '--duration', '200ms', '-o', 'json']);
    const result = JSON.parse(stdout) as Record<string, number>;
    expect(result.callsPerSecond).to.be.greaterThan(100);
    expect(result.p99Seconds).to.be.at.least(result.p50Seconds ?? Number.NaN);
  });

  it('ends with 1 when calls end in errors, and shows the first', async () => {
    await lab.write('bad.lua', 'function GetWorkloadTypeAndName()\n  error("no")\nend');
    const { code, stderr } = await lab.run(
      ['bench', 'bad.lua', '--metadata', '-', '--duration', '100ms'],
      '{}',
    );
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: 'bad.lua:2: no\n' });
  });
});
