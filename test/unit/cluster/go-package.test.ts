import { expect } from 'chai';
import { buildPackage } from '../../cluster/go-package.ts';
import { recordingProgress, useTemporaryDirectory } from './fakes.ts';

describe('a program of the tests that is built with Go', () => {
  const empty = useTemporaryDirectory();

  it('says what to install when there is no Go', async () => {
    const failure = await buildPackage({
      directory: empty.path,
      package: 'example.com/program',
      name: 'program',
      linkerFlags: '',
      target: `${empty.path}/program`,
      env: { PATH: empty.path },
      label: 'program',
      progress: recordingProgress(),
    }).then(
      () => 'it was built',
      (error: Error) => error.message,
    );
    expect(failure).to.equal(
      'There is no Go to build program with. Install Go, of the version in go.mod or newer (https://go.dev/dl/).',
    );
  });
});
