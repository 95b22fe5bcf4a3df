import { expect } from 'chai';
import { PooledKubeConfig } from '../../operator/kube/client/kubeconfig.ts';
import { silentLogger } from '../../operator/observability/logging.ts';
import type { Runnable } from '../../operator/process/run-group.ts';
import { OperatorShell } from '../../operator/shell.ts';
import { aborted } from '../../operator/time/aborted.ts';
import { settle, until } from './support/clock.ts';

/** Shows what an operator's class sees of the shell. */
class TestOperator extends OperatorShell {
  protected override init(): Promise<void> {
    return Promise.resolve();
  }

  include(member: Runnable): void {
    this.parts.start('member', member);
  }

  get failure(): string | undefined {
    return this.parts.failure?.message;
  }
}

function makeOperator(): TestOperator {
  const kubeConfig = new PooledKubeConfig();
  const cluster = { name: 'c', server: 'https://10.0.0.1', skipTLSVerify: false };
  kubeConfig.loadFromClusterAndUser(cluster, { name: 'u' });
  return new TestOperator(kubeConfig, silentLogger);
}

describe('OperatorShell', () => {
  let operator: TestOperator;
  beforeEach(() => {
    operator = makeOperator();
  });
  afterEach(() => operator.stop());

  it('is not disturbed by a broken default kubeconfig, and leaves the environment as it was', () => {
    const kept = process.env.KUBECONFIG;
    process.env.KUBECONFIG = '/nowhere/at/all';
    try {
      makeOperator();
      expect(process.env.KUBECONFIG).to.equal('/nowhere/at/all');
    } finally {
      if (kept === undefined) delete process.env.KUBECONFIG;
      else process.env.KUBECONFIG = kept;
    }
  });

  it('ends its parts on stop, and only then', async () => {
    await operator.start();
    let ended = false;
    operator.include({
      run: async (signal) => {
        await aborted(signal);
        ended = true;
      },
    });
    await settle();
    expect(ended).to.equal(false);
    await operator.stop();
    expect(ended).to.equal(true);
    await operator.stop();
  });

  it('ends all that runs when a part fails, and says which and why', async () => {
    await operator.start();
    let isEnded = false;
    operator.include({
      run: async (signal) => {
        await aborted(signal);
        isEnded = true;
      },
    });
    expect(operator.failure).to.equal(undefined);
    operator.include({ run: () => Promise.reject(new TypeError('no such\nfield')) });
    await until(() => isEnded, 'the end of the others');
    expect(operator.failure).to.equal('member: no such field');
  });
});
