import { expect } from 'chai';
import { Box, functionOf, honest, mebibyte, metadata, pods } from './box.ts';
import type { Hostile } from './hostile/entry.ts';
import { environment } from './hostile/environment.ts';
import { errors } from './hostile/errors.ts';
import { memory } from './hostile/memory.ts';
import { results } from './hostile/results.ts';
import { stack } from './hostile/stack.ts';
import { time } from './hostile/time.ts';

/** How far past its deadline a program may run, in milliseconds. */
const overshootMs = 50;
/** So often a program is run on a machine so busy that it is stopped late. */
const tries = 20;
/** What a load may always take, in milliseconds. */
const leastLoadMs = 1000;
const families = { time, memory, stack, errors, results, environment };

for (const [family, programs] of Object.entries(families)) {
  describe(`A script that, in the family of ${family},`, () => {
    const both = new Box();
    // Each Worker has a state of its own: what a call leaves behind is found in the same one only.
    const single = new Box({ workers: 1 });
    const neighbours = new Map<Box, string>();
    before(async () => {
      for (const box of [both, single]) {
        await box.sandbox.start();
        neighbours.set(box, await box.load(honest));
      }
    });
    after(() => Promise.all([both, single].map((box) => box.sandbox.stop())));

    /** Runs a program while its neighbour is asked about Pods. */
    const attempt = async (program: Hostile) => {
      const box = program.calls === undefined ? both : single;
      const neighbour = neighbours.get(box) ?? '';
      if (box === both) await box.bothWorkers();
      const answers = box.sandbox.evaluate(
        pods(40).map((text) => ({ metadata: text, programs: [neighbour] })),
      );
      const outcome = await run(box, program);
      expect(outcome.ends, outcome.message).to.equal(program.ends);
      if (program.message) expect(outcome.message).to.match(program.message);
      expect(Buffer.byteLength(outcome.message)).to.be.at.most(256);
      for (const [index, steps] of (await answers).entries()) {
        expect(steps[0]?.answer).to.deep.equal({
          result: 'resolved',
          type: 'StatefulSet',
          name: `pod-${index}`,
        });
      }
      expect(await box.answer(neighbour)).to.include({ result: 'resolved' });
      return outcome.overshootMs;
    };

    for (const program of programs) {
      const verb = ['resolved', 'skipped'].includes(program.ends) ? 'is' : 'ends with';
      it(`${program.title} ${verb} ${program.ends}`, async () => {
        let overshoot = await attempt(program);
        for (let tried = 1; overshoot >= overshootMs && tried < tries; tried += 1) {
          overshoot = await attempt(program);
        }
        expect(overshoot).to.be.below(overshootMs);
      });
    }
  });
}

it('The hostile programs are at least a hundred', () => {
  expect(Object.values(families).flat()).to.have.length.of.at.least(100);
});

interface Outcome {
  readonly ends: string;
  readonly message: string;
  readonly overshootMs: number;
}

async function run(box: Box, { body, script, ends, calls = 1, memoryMiB = 16 }: Hostile): Promise<Outcome> {
  // The others have more than they need, on a busy machine too.
  const timeoutMs = ends === 'timeout' ? 50 : 30_000;
  const limits = { timeoutMs, memoryBytes: memoryMiB * mebibyte };
  const started = performance.now();
  const loaded = await box.tryLoad(script ?? functionOf(body ?? ''), { limits });
  if (typeof loaded !== 'string') {
    const overshoot = performance.now() - started - Math.max(leastLoadMs, timeoutMs);
    return { ends: loaded.reason, message: loaded.message, overshootMs: overshoot };
  }
  let last: Outcome = { ends: 'never called', message: '', overshootMs: 0 };
  for (let call = 0; call < calls; call++) {
    const [step] = await box.ask([loaded], metadata);
    const answer = step?.answer;
    const failure = answer?.result === 'error' ? answer.failure : undefined;
    last = {
      ends: failure?.reason ?? answer?.result ?? 'no answer',
      message: failure?.message ?? '',
      overshootMs: (step?.seconds ?? 0) * 1000 - timeoutMs,
    };
  }
  box.sandbox.unload(loaded);
  return last;
}
