import { expect } from 'chai';
import { identityOf, type Target } from '../../../luaplugin/cluster/manifest.ts';
import { allManifests, manifestsOf } from '../../../luaplugin/commands/install/manifests.ts';
import { checkRights, checkVersion } from '../../../luaplugin/commands/install/preflight.ts';
import { waitUntilGone } from '../../../luaplugin/commands/install/removal.ts';
import { type Progressing, rolloutOf, waitForRollout } from '../../../luaplugin/commands/install/rollout.ts';
import type { NamedTarget } from '../../../luaplugin/commands/install/targets.ts';
import { isForeignNamespace, refuseEnding } from '../../../luaplugin/commands/install/targets.ts';
import { variants } from '../../../luaplugin/program/options.ts';
import { execute } from '../../../luaplugin/program/program.ts';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { ManualClock, until } from '../support/clock.ts';
import { fakeIo } from './fake-io.ts';

/** A client that answers each call by a function. */
function clientOf(answer: (request: KubeRequest) => unknown): Pick<KubeClient, 'request'> & KubeClient {
  return {
    request: async <T>(request: KubeRequest) => answer(request) as T,
    stream: () => Promise.reject(new Error('nobody asks for a stream')),
    close: async () => {},
  };
}

const metadata = { name: 'lua-plugin-operator', namespace: 'luaplugin-system', uid: 'u', generation: 2 };
const targetOf = (kind: string, present?: Target['present']): NamedTarget => ({
  manifest: { apiVersion: 'apps/v1', kind, metadata },
  path: `/${kind}`,
  group: 'apps',
  resource: `${kind.toLowerCase()}s`,
  present,
});

describe('the manifests of luaplugin install', () => {
  it('are in an order in which each finds what it needs', () => {
    for (const variant of variants) {
      const kinds = manifestsOf({ variant, namespace: 'luaplugin-system', image: undefined }).map(
        ({ kind }) => kind,
      );
      const workload = variant === 'daemonset' ? 'DaemonSet' : 'Deployment';
      const steps = ['Namespace', 'ServiceAccount', 'ClusterRoleBinding', 'ConfigMap', workload];
      const places = steps.map((kind) => kinds.indexOf(kind));
      expect(places, variant).to.deep.equal(places.toSorted((a, b) => a - b));
      expect(places).to.not.include(-1);
      expect(kinds.indexOf('ValidatingAdmissionPolicyBinding')).to.be.lessThan(kinds.indexOf(workload));
    }
  });

  it('have the image that was asked for, wherever the operator runs', () => {
    for (const variant of variants) {
      const text = JSON.stringify(manifestsOf({ variant, namespace: 'n', image: 'registry/x:1' }));
      expect(text.match(/"image":"[^"]*"/g), variant).to.deep.equal(['"image":"registry/x:1"']);
    }
  });

  it('are all in the namespace that was asked for, also where it is part of a name', () => {
    for (const variant of variants) {
      const text = JSON.stringify(manifestsOf({ variant, namespace: 'elsewhere', image: undefined }));
      expect(text, variant).to.not.contain('luaplugin-system');
      expect(text).to.contain('system:serviceaccount:elsewhere:lua-plugin-operator');
    }
  });

  it('name each object of any variant once, for an uninstall', () => {
    const all = allManifests('luaplugin-system').map(identityOf);
    expect(new Set(all).size).to.equal(all.length);
    for (const variant of variants) {
      const own = manifestsOf({ variant, namespace: 'luaplugin-system', image: undefined }).map(identityOf);
      expect(all).to.include.members(own);
    }
  });
});

describe('what luaplugin install looks at first', () => {
  for (const [version, message] of [
    [
      { major: '1', minor: '29', gitVersion: 'v1.29.4' },
      /runs Kubernetes v1\.29\.4, and the operator needs 1\.30/,
    ],
    [{ major: '1', minor: '27+', gitVersion: 'v1.27.9-gke.1' }, /runs Kubernetes v1\.27\.9-gke\.1, /],
    [{ major: '1', minor: '30+' }, undefined],
    [{ major: '2', minor: '0' }, undefined],
    [{}, undefined],
  ] as const) {
    it(`${message === undefined ? 'takes' : 'refuses'} a cluster of version ${JSON.stringify(version)}`, async () => {
      const checked = await checkVersion(clientOf(() => version)).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (message === undefined) expect(checked).to.equal(undefined);
      else expect(checked).to.match(message);
    });
  }

  it('asks for the right to change what is there, and to create only what is not', async () => {
    const asked: string[] = [];
    const client = clientOf(({ body }) => {
      const { verb, resource } = (body as AccessReview).spec.resourceAttributes;
      asked.push(`${verb} ${resource}`);
      return { status: { allowed: true } };
    });
    await checkRights([targetOf('Deployment'), targetOf('DaemonSet', { metadata })], client);
    expect(asked).to.have.members(['create deployments', 'patch deployments', 'patch daemonsets']);
  });

  it('finds what an uninstall has not ended yet, and namespaces of others', () => {
    const ending = { metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(() => refuseEnding([targetOf('Deployment', ending)])).to.throw(
      'deployment.apps/lua-plugin-operator is being deleted, and nothing was changed; try again when it is gone (kubectl wait --for=delete deployment.apps/lua-plugin-operator)',
    );
    const ours = { metadata: { ...metadata, labels: { 'app.kubernetes.io/name': 'lua-plugin-operator' } } };
    expect(isForeignNamespace(targetOf('Namespace', ours))).to.equal(false);
    expect(isForeignNamespace(targetOf('Namespace', { metadata }))).to.equal(true);
    expect(isForeignNamespace(targetOf('Namespace'))).to.equal(false);
  });

  it('says while the image is one that no registry has, and not of another', async () => {
    for (const words of [['--dry-run=client'], ['-o', 'yaml']]) {
      const unnamed = fakeIo();
      expect(await execute(['install', ...words], unnamed)).to.equal(0);
      expect(unnamed.err()).to.match(/^note: no registry has the image lua-plugin-operator yet, [^\n]*\n$/);
      const named = fakeIo();
      expect(await execute(['install', ...words, '--image', 'registry/x:1'], named)).to.equal(0);
      expect(named.err()).to.equal('');
    }
  });

  for (const [what, words, line] of [
    ['an image that can be none', ['--image', 'a b'], /Write an image as registry/],
    ['an unknown variant', ['--variant', 'x'], /Allowed choices are default, high-availability/],
    ['waiting in a dry run', ['--dry-run=server', '--wait'], /nothing can be waited for in a --dry-run/],
    ['printing and waiting', ['-o', 'yaml', '--wait'], /only prints the manifests/],
    ['a namespace that can be none', ['-n', 'A'], /Write a namespace's name/],
  ] as const) {
    it(`answers ${what} with one line and exit code 2`, async () => {
      const io = fakeIo();
      expect(await execute(['install', ...words], io)).to.equal(2);
      expect(io.err().trimEnd()).to.match(line).and.not.contain('\n');
      expect(io.out()).to.equal('');
    });
  }
});

describe('how far an install is', () => {
  const deployment = (replicas: number, status: Progressing['status']): Progressing => ({
    metadata,
    spec: { replicas },
    status: { observedGeneration: 2, ...status },
  });
  for (const [object, kind, says] of [
    [deployment(1, { observedGeneration: 1 }), 'Deployment', 'its controller has not looked at it yet'],
    [deployment(2, { updatedReplicas: 1 }), 'Deployment', '1 of 2 replicas have the new version'],
    [
      deployment(1, { updatedReplicas: 1, replicas: 2 }),
      'Deployment',
      'the old version still has 1 replicas',
    ],
    [
      deployment(1, { updatedReplicas: 1, replicas: 1, availableReplicas: 0 }),
      'Deployment',
      '0 of 1 replicas are available',
    ],
    [
      { metadata, status: { observedGeneration: 2, desiredNumberScheduled: 3 } },
      'DaemonSet',
      '0 of 3 nodes have the new version',
    ],
    [{ metadata }, 'CustomResourceDefinition', 'not established yet'],
  ] as const) {
    it(`is not done: a ${kind} of which ${says}`, () => {
      expect(rolloutOf(object, kind)).to.deep.equal({ isDone: false, says });
    });
  }

  it('is done once every Pod is new and available', () => {
    const status = { updatedReplicas: 2, replicas: 2, availableReplicas: 2 };
    expect(rolloutOf(deployment(2, status), 'Deployment').isDone).to.equal(true);
    const nodes = { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };
    expect(rolloutOf({ metadata, status: { observedGeneration: 2, ...nodes } }, 'DaemonSet').isDone).to.equal(
      true,
    );
  });

  it('names what keeps a Pod from running, once, and gives up in time', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' };
    const pods = [{ metadata: { name: 'p' }, status: { containerStatuses: [{ state: { waiting } }] } }];
    const client = clientOf(({ path }) => (path.endsWith('/pods') ? { items: pods } : deployment(1, {})));
    const done = waitForRollout({
      client,
      targets: [targetOf('Service'), targetOf('Deployment')],
      timeoutMs: 3_000,
      clock,
      onWaiting: (message) => told.push(message),
      onDone: () => {},
    });
    for (let slept = 0; slept < 6; slept += 1) {
      await until(() => clock.sleepers === 1, 'the pause');
      await clock.advance(500);
    }
    const news =
      'deployment.apps/lua-plugin-operator: 0 of 1 replicas have the new version; Pod p: ImagePullBackOff: Back-off pulling image "x"';
    expect(await done).to.equal(news);
    expect(told).to.deep.equal([news]);
  });

  it('does without the Pods where they may not be seen', async () => {
    const clock = new ManualClock();
    const client = clientOf(({ path }) => {
      if (path.endsWith('/pods')) throw new ApiError(403, { kind: 'Status', reason: 'Forbidden' });
      return deployment(1, {});
    });
    const options = { client, targets: [targetOf('Deployment')], timeoutMs: 1_000, clock };
    const done = waitForRollout({ ...options, onWaiting: () => {}, onDone: () => {} });
    for (let slept = 0; slept < 2; slept += 1) {
      await until(() => clock.sleepers === 1, 'the pause');
      await clock.advance(500);
    }
    expect(await done).to.equal('deployment.apps/lua-plugin-operator: 0 of 1 replicas have the new version');
  });
});

describe('how far an uninstall is', () => {
  it('is done with an object once there is none of its uid', async () => {
    const uids = ['u', 'u', 'another'];
    const clock = new ManualClock();
    const client = clientOf(() => ({ metadata: { ...metadata, uid: uids.shift() } }));
    const targets = [targetOf('Deployment', { metadata })];
    const done = waitUntilGone({ client, targets, timeoutMs: 9_000, clock, onWaiting: () => {} });
    for (let slept = 0; slept < 2; slept += 1) {
      await until(() => clock.sleepers === 1, 'the pause');
      await clock.advance(500);
    }
    expect(await done).to.equal(undefined);
  });
});

interface AccessReview {
  readonly spec: { readonly resourceAttributes: { readonly verb: string; readonly resource: string } };
}
