import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const script = fileURLToPath(new URL('../../../build/rooms.ts', import.meta.url));

describe('The table of rooms', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rooms-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @param files the text of each, by its path */
  function check(files: Readonly<Record<string, string>>): { code: number | null; stderr: string } {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
    return { code: status, stderr };
  }

  it('lets a room import what it knows, and those that join the rooms all', () => {
    const { code, stderr } = check({
      'operator/operator.ts': "import { write } from './pods/write/writer.ts';",
      'operator/pods/write/writer.ts': "import type { Clock } from '../../time/clock.ts';",
      'operator/time/clock.ts': '',
    });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('names an import that goes the wrong way, be it of a type or at run time', () => {
    const { code, stderr } = check({
      'operator/kube/client/client.ts': "import type { Pod } from '../../pods/store/pod.ts';",
      'operator/sandbox/host.ts': "const { a } = await import('../kube/client/client.ts');",
      'operator/pods/store/pod.ts': '',
    });
    expect(code).to.equal(1);
    expect(stderr).to.contain(
      'client.ts imports operator/pods/store/pod.ts: kube/client does not know pods/store',
    );
    expect(stderr).to.contain('operator/sandbox/host.ts imports operator/kube/client/client.ts');
  });

  it('names a file that no room has', () => {
    const { code, stderr } = check({ 'operator/attic/box.ts': '' });
    expect({ code, stderr }).to.deep.include({ code: 1 });
    expect(stderr).to.contain('operator/attic/box.ts is in no room of the table');
  });

  it('names a circle, also one that is closed at run time', () => {
    const { code, stderr } = check({
      'operator/time/a.ts': "import { b } from './b.ts';",
      'operator/time/b.ts': "const a = import('./a.ts');",
    });
    expect(code).to.equal(1);
    expect(stderr).to.contain(
      'a circle: operator/time/a.ts imports operator/time/b.ts imports operator/time/a.ts',
    );
  });
});
