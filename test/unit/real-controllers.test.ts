import { expect } from 'chai';
import { controllers } from '../operators/controllers.ts';
import { controllerLine, linesOf } from '../operators/page.ts';

describe('docs/real-controllers.md', () => {
  for (const controller of controllers) {
    const { name, samples } = controller;
    it(`has ${name} as it is built, and what was expected of each of its Pods`, async () => {
      const lines = await linesOf(controller);
      expect(lines).to.contain(controllerLine(controller));
      for (const { title, pods } of samples) {
        const mine = lines.filter((line) => line.startsWith(`| ${name} | ${title} | `));
        for (const { pod, expected } of pods) {
          const shown = mine.some(
            (line) => line.includes(`\`${pod}\` | `) && line.includes(` | ${expected} | `),
          );
          expect(shown, `${pod} of ${title}: ${expected}`).to.equal(true);
        }
      }
    });
  }
});
