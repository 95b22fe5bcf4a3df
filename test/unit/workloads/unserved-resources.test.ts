import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { UnservedResources } from '../../../operator/workloads/unserved-resources.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

type Served = { group: string; resource: string }[] | undefined;

const served: Served = [
  { group: '', resource: 'pods' },
  { group: 'apps', resource: 'deployments' },
  { group: 'agones.dev', resource: 'gameservers' },
];

/** What is said at info about these resources. */
async function told(
  resources: { name: string; group?: string }[],
  answers: (Served | Error)[] = [served],
): Promise<{ lines: unknown[]; asked: number }> {
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  let asked = 0;
  const report = new UnservedResources({
    resources: resources.map(({ name, group }) => ({ name, group })),
    discovery: {
      servedResources: async () => {
        const answer = answers[asked];
        asked += 1;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    clock,
    random: () => 0,
    logger,
  });
  const running = report.run(new AbortController().signal);
  await clock.advance(120_000);
  await running;
  return { lines: lines.filter(({ level }) => level === 'info').map((line) => line.resources), asked };
}

describe('resources of the config that no API group has', () => {
  it('are named once, all in one line, with the name that was probably meant', async () => {
    const { lines } = await told([
      { name: 'gamservers' },
      { name: 'gameservers', group: 'agones.de' },
      { name: 'gameservers', group: 'agones.dev' },
      { name: 'gameservers' },
      { name: 'something' },
      { name: 'clonests', group: 'apps.kruise.io' },
      { name: 'things', group: 'example.com' },
    ]);
    expect(lines).to.deep.equal([
      [
        'gamservers; did you mean "gameservers"?',
        'gameservers.agones.de; did you mean "agones.dev"?',
        'something',
        'clonests.apps.kruise.io; did you mean "clonesets"?',
        'things.example.com',
      ],
    ]);
  });

  it('are not named when they are built in: their operators are just not installed', async () => {
    const { lines, asked } = await told([
      { name: 'clonesets', group: 'apps.kruise.io' },
      { name: 'rollouts' },
      { name: 'statefulsetpluses', group: 'platform.stke' },
    ]);
    expect(lines).to.deep.equal([]);
    expect(asked, 'nothing to ask about').to.equal(0);
  });

  it('are looked for until the API server answers', async () => {
    const { lines, asked } = await told(
      [{ name: 'gamservers' }],
      [new ApiError(503), new ApiError(403), served],
    );
    expect(lines).to.have.length(1);
    expect(asked).to.equal(3);
  });

  it('are not named by an API server that can not tell', async () => {
    expect(await told([{ name: 'gamservers' }], [undefined])).to.deep.equal({ lines: [], asked: 1 });
  });

  it('end with the operator, however long there is no answer', async () => {
    const end = new AbortController();
    const { logger } = recordingLogger();
    const clock = new ManualClock();
    const report = new UnservedResources({
      resources: [{ name: 'x', group: undefined }],
      discovery: { servedResources: () => Promise.reject(new ApiError(503)) },
      clock,
      logger,
    });
    const running = report.run(end.signal);
    await clock.advance(1_000);
    end.abort();
    await running;
  });
});
