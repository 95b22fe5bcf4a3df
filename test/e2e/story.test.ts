import { expect } from 'chai';
import { streamProgress } from '../cluster/progress.ts';
import { silentNarrator } from './narrator.ts';
import { story } from './story.ts';
import { World } from './world.ts';

/** The first run builds the API server. */
const startTimeoutMs = 30 * 60_000;
const stepTimeoutMs = 60_000;

describe('the demo', () => {
  let world: World | undefined;

  before('start an API server of its own', async function () {
    this.timeout(startTimeoutMs);
    world = await World.start(silentNarrator, streamProgress(process.stderr));
  });

  after('stop it, if a step failed', async () => {
    await world?.stop();
  });

  // Each step goes on where the last one ended, so the first failure ends the story.
  let failedAt: string | undefined;
  for (const { title, run } of story) {
    it(title, async function () {
      this.timeout(stepTimeoutMs);
      expect(failedAt, 'an earlier step failed').to.equal(undefined);
      failedAt = title;
      if (world === undefined) throw new Error('there is no API server');
      await run(world);
      failedAt = undefined;
    });
  }

  it('asks the API server for nothing that its service account may not', async () => {
    const text = await (await fetch(`${world?.operator.url}/metrics`)).text();
    const requests = text.split('\n').filter((line) => line.startsWith('rest_client_requests_total{'));
    expect(requests.some((line) => line.includes('code="200"'))).to.equal(true);
    expect(requests.filter((line) => line.includes('code="403"'))).to.deep.equal([]);
  });

  it('ends the operator with exit code 0 on SIGTERM', async function () {
    this.timeout(stepTimeoutMs);
    const ended = world;
    world = undefined;
    expect(await ended?.stop()).to.equal(0);
  });
});
