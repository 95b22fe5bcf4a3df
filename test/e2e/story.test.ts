import { expect } from 'chai';
import { streamProgress } from '../cluster/progress.ts';
import { silentNarrator } from './narrator.ts';
import { refusedCalls } from './observe.ts';
import { story } from './story.ts';
import { World } from './world.ts';

/** The first run builds the API server. */
const startTimeoutMs = 30 * 60_000;

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
    it(title, async () => {
      expect(failedAt, 'an earlier step failed').to.equal(undefined);
      failedAt = title;
      if (world === undefined) throw new Error('there is no API server');
      await run(world);
      failedAt = undefined;
    });
  }

  it('asks the API server for nothing that its service account may not', async () => {
    expect(await refusedCalls(world?.operator.url ?? '')).to.deep.equal([]);
  });

  it('ends the operator with exit code 0 on SIGTERM', async () => {
    const ended = world;
    world = undefined;
    expect(await ended?.stop()).to.equal(0);
  });
});
