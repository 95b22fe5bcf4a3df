import { expect } from 'chai';
import { MachineClock } from '../../../operator/time/clock.ts';
import { seededRandom } from '../support/random.ts';

const minute = 60_000;

/** A machine whose clocks the test moves. */
class Machine {
  steady = 5_000;
  wall = Date.parse('2026-01-01T00:00:00Z');
  up = 100_000;
  readonly clock = new MachineClock({
    steady: () => this.steady,
    wall: () => this.wall,
    // As Linux tells it: in hundredths of a second.
    uptime: () => Math.floor(this.up / 10) * 10,
  });

  runs(ms: number): void {
    this.steady += ms;
    this.wall += ms;
    this.up += ms;
  }

  sleeps(ms: number): void {
    this.wall += ms;
    this.up += ms;
  }
}

describe("The machine's clock", () => {
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
  });

  for (const [how, byMs] of [
    ['ahead', 60 * minute],
    ['back', -60 * minute],
  ] as const) {
    it(`gives the right stamps as soon as it is set ${how}, and no interval notices`, () => {
      const { clock } = machine;
      const before = clock.now();
      machine.runs(1_000);
      machine.wall += byMs;
      expect(clock.wallTime()).to.equal(machine.wall);
      expect(clock.now() - before).to.equal(1_000);
      machine.runs(1_000);
      expect(clock.now() - before).to.equal(2_000);
    });
  }

  it('counts the time that the machine sleeps, also when it is set meanwhile', () => {
    const { clock } = machine;
    const before = clock.now();
    machine.runs(1_000);
    machine.sleeps(60 * minute);
    machine.runs(1_000);
    expect(clock.now() - before).to.be.closeTo(60 * minute + 2_000, 10);
    machine.sleeps(minute);
    machine.wall -= 5 * minute;
    expect(clock.now() - before).to.be.closeTo(61 * minute + 2_000, 20);
  });

  it('never goes back, whatever happens', () => {
    const { clock } = machine;
    const random = seededRandom(7);
    let last = clock.now();
    for (let step = 0; step < 10_000; step++) {
      const ms = random() * 5_000;
      const what = random();
      if (what < 0.5) machine.runs(ms);
      else if (what < 0.7) machine.sleeps(ms);
      else machine.wall += ms - 2_500;
      const now = clock.now();
      expect(now).to.be.at.least(last);
      last = now;
    }
    expect(last).to.be.at.least(machine.steady);
  });
});
