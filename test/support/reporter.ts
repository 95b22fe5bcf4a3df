import Mocha from 'mocha';

const { Base, Spec } = Mocha.reporters;

/**
 * Mocha's Spec reporter with an ending that a machine can read: after the failures, each shown once,
 * one line `N passed, N failed`, with `, N skipped` when there are any.
 */
export default class Reporter extends Spec {
  override epilogue(): void {
    if (this.failures.length > 0) Base.list(this.failures);
    const { passes, failures, pending } = this.stats;
    const skipped = pending > 0 ? `, ${pending} skipped` : '';
    Base.consoleLog(`${passes} passed, ${failures} failed${skipped}`);
  }
}
