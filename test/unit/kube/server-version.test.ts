import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { oldestMinor, ServerVersion } from '../../../operator/kube/client/server-version.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';
import { FakeClient } from './fake-client.ts';

const kubernetes = (minor: string, major = '1') => ({ major, minor, gitVersion: `v${major}.${minor}.3` });

describe("the API server's version", () => {
  const client = () => new FakeClient();
  let end: AbortController;
  let ended: Promise<void>;

  function start(fake: FakeClient) {
    const clock = new ManualClock();
    const { logger, lines } = recordingLogger();
    const version = new ServerVersion({ client: fake, clock, random: () => 0, logger });
    end = new AbortController();
    ended = version.run(end.signal);
    const told = () =>
      lines.filter(({ level }) => level !== 'debug').map(({ level, msg }) => `${level}: ${msg}`);
    return { version, clock, told };
  }
  afterEach(async () => {
    end.abort();
    await ended;
  });

  it('is worth a note when it is new enough, and no line in the log', async () => {
    for (const minor of ['29', '36', '29+']) {
      const { version, told } = start(client().answer(kubernetes(minor)));
      await settle();
      const check = version.check(() => false);
      expect(check.check()).to.equal(undefined);
      expect(check.note?.()).to.equal(`v1.${minor}.3`);
      expect(told()).to.deep.equal([]);
      end.abort();
      await ended;
    }
  });

  it('is a failure when it is too old: one line says which is needed, and for what', async () => {
    const { version, clock, told } = start(client().answer(kubernetes('27+')).answer(kubernetes('27+')));
    await clock.advance(60_000);
    const problem =
      "the API server is Kubernetes v1.27+.3, and 1.29 or newer is needed, for the CEL rules of LuaPlugin's definition";
    expect(version.check(() => false).check()).to.equal(problem);
    expect(told()).to.deep.equal([`warn: ${problem}`]);
  });

  it('names all that a very old one lacks', async () => {
    const { version } = start(client().answer(kubernetes('18')));
    await settle();
    expect(version.check(() => false).check()).to.match(
      /1\.29 or newer is needed, for Events of events\.k8s\.io\/v1 and the CEL rules of/,
    );
  });

  it('is no failure, but a note, where LuaPlugins are served all the same', async () => {
    const { version } = start(client().answer(kubernetes('28')));
    await settle();
    const check = version.check(() => true);
    expect(check.check()).to.equal(undefined);
    expect(check.note?.()).to.contain('1.29 or newer is needed');
  });

  it('is looked at again, so that an update of the API server heals it', async () => {
    const { version, clock, told } = start(client().answer(kubernetes('28')).answer(kubernetes('30')));
    await clock.advance(30_000);
    const check = version.check(() => false);
    expect(check.check()).to.equal(undefined);
    expect(check.note?.()).to.equal('v1.30.3');
    expect(told().at(-1)).to.equal('info: the API server is new enough now');
  });

  it('is not known while it can not be had, which is no failure of its own', async () => {
    const { version, clock, told } = start(
      client().refuse(new ApiError(403)).refuse(new ApiError(503)).answer(kubernetes('30')),
    );
    await settle();
    const check = version.check(() => false);
    expect(check.check()).to.equal(undefined);
    expect(check.note?.()).to.equal('not known yet');
    await clock.advance(5_000);
    expect(check.note?.()).to.equal('v1.30.3');
    expect(told()).to.deep.equal([]);
  });

  it('is taken for good when it is none that this knows', async () => {
    for (const answer of [{}, kubernetes('x'), kubernetes('0', '2')]) {
      const { version } = start(client().answer(answer));
      await settle();
      expect(version.check(() => false).check()).to.equal(undefined);
      end.abort();
      await ended;
    }
  });

  it('that is needed is the one in the documentation', async () => {
    const page = await readFile(new URL('../../../docs/administration.md', import.meta.url), 'utf8');
    expect(page).to.contain(`Kubernetes 1.${oldestMinor} or newer`);
  });
});
