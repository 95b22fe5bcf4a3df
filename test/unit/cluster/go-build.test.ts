import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { build, isOlder } from '../../cluster/go-build.ts';
import { recordingProgress, useTemporaryDirectory } from './fakes.ts';

describe('the build from Go modules', () => {
  const bin = useTemporaryDirectory();
  const cache = useTemporaryDirectory();

  it('puts the program in place and says what it does and how long it took', async () => {
    await installGo('1.26.8', buildsWith('echo program'));

    const lines = await run();

    expect(await readFile(join(cache.path, 'etcd'), 'utf8')).to.equal('program\n');
    expect(lines[0]).to.match(
      /^Building etcd from Go modules, once: about 1 min on \d+ idle cores, then cached\.$/,
    );
    expect(lines[1]).to.match(/^\[1\/1\] etcd: done in \d+ s$/);
    expect(lines[2]).to.match(/^Built in /);
  });

  it('ignores what would build for another machine or with another module', async () => {
    await installGo('1.26.8', buildsWith('echo "$GOOS/$GOARCH/$GOWORK/$CGO_ENABLED"'));

    await run({ GOOS: 'plan9', GOARCH: 'mips', GOWORK: '/elsewhere/go.work', CGO_ENABLED: '1' });

    expect(await readFile(join(cache.path, 'etcd'), 'utf8')).to.equal('//off/0\n');
  });

  it('says what to install when there is no Go', async () => {
    expect(await failure()).to.match(/there is no Go to build it with\. Install Go 1\.26\.0 or newer/);
  });

  it('says what to install when Go is too old', async () => {
    await installGo('1.20.14', 'exit 1');

    expect(await failure()).to.match(/^Go 1\.20\.14 is too old .* Install Go 1\.26\.0 or newer/);
  });

  it('passes on why Go refuses the module', async () => {
    await writeGo('echo "go: go.mod requires go >= 1.26.0 (running go 1.22.1)" >&2; exit 1');

    expect(await failure()).to.match(/requires go >= 1\.26\.0 \(running go 1\.22\.1\) Install Go/);
  });

  it('leaves no half-built program, and shows the last lines, when the compiler fails', async () => {
    await installGo(
      '1.26.8',
      `${buildsWith('echo half')}; echo "k8s.io/some/package" >&2; echo "disk full" >&2; exit 2`,
    );

    expect(await failure()).to.equal('go build of etcd ended with 2:\ndisk full');
    expect(await readdir(cache.path)).to.deep.equal([]);
  });

  it('compares versions by their numbers', () => {
    expect(isOlder('1.9', '1.26.0')).to.equal(true);
    expect(isOlder('1.26', '1.26.0')).to.equal(false);
    expect(isOlder('1.26.8', '1.26.0')).to.equal(false);
    expect(isOlder('1.27rc1', '1.26.0')).to.equal(false);
  });

  async function run(env: NodeJS.ProcessEnv = {}): Promise<string[]> {
    const progress = recordingProgress();
    await build({
      missing: ['etcd'],
      dir: cache.path,
      versions: { kubernetes: 'v1.36.3', etcd: 'v3.6.14', kwok: 'v0.8.0', go: '1.26.0' },
      progress,
      env: { ...env, PATH: bin.path },
    });
    return progress.lines;
  }

  function failure(): Promise<string> {
    return run().then(
      () => 'it did not fail',
      (error: Error) => error.message,
    );
  }

  /** A `go` that says its version, and whose `go build` is the given shell code. */
  function installGo(version: string, buildCode: string): Promise<void> {
    return writeGo(`if [ "$1" = env ]; then echo go${version}; else ${buildCode}; fi`);
  }

  function writeGo(code: string): Promise<void> {
    return writeFile(join(bin.path, 'go'), `#!/bin/sh\n${code}\n`, { mode: 0o755 });
  }
});

/** Shell code that writes a command's output to the file after `-o`. */
function buildsWith(command: string): string {
  return `while [ "$1" != -o ]; do shift; done; ${command} > "$2"`;
}
