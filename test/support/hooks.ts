import { stopSharedControlPlane } from './control-plane.ts';

/** How long after the last test the process may live. */
const afterlifeMs = 10_000;

/** What mocha does around a whole run. */
export const mochaHooks = {
  afterAll: async () => {
    await stopSharedControlPlane();
    failIfSomethingRuns();
  },
};

/** A timer or a connection that a test left open would keep the run from ending, without a word. */
function failIfSomethingRuns(): void {
  const timer = setTimeout(() => {
    const resources = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`error: a test left something open: ${resources}\n`);
    // On exit mocha sets its own code, in a handler that is there already.
    process.on('exit', () => {
      process.exitCode = 1;
    });
    process.exit();
  }, afterlifeMs);
  timer.unref();
}
