import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { EventRecorder } from '../../../operator/kube/events/events.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { createCronJob, createDeployment, createPod, type KubeObject } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { configDirectory, manifest, render } from '../../support/manifests.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';
import { ManualClock } from '../../unit/support/clock.ts';
import { type ApiCall, accesses, allows, type Permission, permissions } from './api-calls.ts';
import { isMissed, type RecordedCall, without } from './taken-away.ts';

const { namespace: home } = operatorAccount;
const webhook = 'lua-plugin-operator-webhook';
/** Rights to read owners, which depend on what a cluster has; test/unit/workloads compares them with the kinds. */
const ownersRoles = ['lua-plugin-operator-owners', 'lua-plugin-operator-known-owners'];

const script = (type: string) => `function GetWorkloadTypeAndName() return "${type}", "all" end`;

describe("the permissions of config/base and the operator's calls", () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const plugin = `rights-${namespace}`;
  const calls: RecordedCall[] = [];
  let directory = '';
  let proxy: FaultProxy;
  let direct = '';
  let kubeconfig = '';
  let operator: RunningOperator;

  const kubectl = (args: readonly string[], input?: string) =>
    fixture.plane.kubectl(args, input === undefined ? {} : { input });
  const used = () => calls.filter(({ status }) => status !== 403).flatMap(accesses);
  const wasUsed = (verb: string, resource: string) =>
    eventually(`the operator to ${verb} ${resource}`, () =>
      used().some((access) => access.verb === verb && access.resource === resource),
    );
  const apply = (spec: object) => {
    const match = { namespaces: { include: [namespace] } };
    const object = { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', metadata: { name: plugin } };
    return kubectl(['apply', '-f', '-'], JSON.stringify({ ...object, spec: { match, ...spec } }));
  };

  before('run the operator, with its own rights and all that config/base switches on', async () => {
    directory = await mkdtemp(join(tmpdir(), 'rights-'));
    await kubectl(['apply', '-k', baseDirectory]);
    const gone = ['-n', home, '--ignore-not-found'];
    await kubectl(['delete', 'lease', 'lua-plugin-operator', ...gone]);
    await kubectl(['delete', 'configmap', 'lua-plugin-operator-status', ...gone]);
    await kubectl(['delete', 'secret', webhook, ...gone]);
    // Not a certificate, so that it is replaced.
    await kubectl(['create', 'secret', 'generic', webhook, '-n', home, '--from-literal=tls.crt=none']);
    const configuration = Object(
      manifest(
        await render(fixture.plane, 'webhook'),
        'ValidatingWebhookConfiguration',
        'lua-plugin-operator',
      ),
    );
    // The Service leads nowhere here: nobody is to ask.
    configuration.webhooks[0].objectSelector = { matchLabels: { asked: 'never' } };
    await kubectl(['apply', '-f', '-'], JSON.stringify(configuration));
    const configFile = join(directory, 'config.yaml');
    await writeFile(
      configFile,
      stringify({
        apiVersion: 'config.luaplugin.dev/v1alpha1',
        kind: 'OperatorConfig',
        namespaces: { include: [namespace] },
        leaderElection: { enabled: true },
        webhook: { enabled: true, address: '127.0.0.1:0' },
      }),
    );
    direct = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
    proxy = await startFaultProxy(direct);
    proxy.listen((event) => {
      if (event.kind === 'answered') calls.push({ ...event.call, status: event.status });
      // A watch that was let in has no end; one that was refused is answered, too.
      else if (event.kind === 'arrived' && event.call.query.get('watch') === 'true') {
        calls.push({ ...event.call, status: 200 });
      }
    });
    kubeconfig = await proxy.kubeconfig(direct);
    operator = await startOperator({ kubeconfig, configFile });
    await eventually('the operator to be ready', async () => (await fetch(`${operator.url}/readyz`)).ok);
  });

  after('stop the operator', async () => {
    await operator?.stop();
    await proxy?.close();
    await kubectl(['delete', 'luaplugin', plugin, '--ignore-not-found']);
    await kubectl(['delete', '-k', configDirectory('webhook'), '--ignore-not-found']);
    await kubectl(['delete', 'secret', webhook, '-n', home, '--ignore-not-found']);
    await rm(directory, { recursive: true, force: true });
  });

  it('go together: each permission is needed, and no call is refused', async () => {
    await wasUsed('update', 'secrets');
    await kubectl(['delete', 'secret', webhook, '-n', home]);
    await createDeployment(fixture.plane.api, { namespace, name: 'web' });
    await createCronJob(fixture.plane.api, { namespace, name: 'nightly' });
    // Owners that no watch has told of are read by themselves.
    for (const [apiVersion, kind] of [
      ['apps/v1', 'ReplicaSet'],
      ['batch/v1', 'Job'],
    ] as const) {
      const owner = { apiVersion, kind, metadata: { namespace, name: 'gone', uid: `uid-of-${kind}` } };
      await createPod(fixture.plane.api, { namespace, name: `of-a-${kind.toLowerCase()}`, owner });
    }
    await apply({ script: 'no Lua' });
    await wasUsed('create', 'events');
    for (const type of ['Job', 'CronJob']) {
      await apply({ script: script(type), revisionHistoryLimit: 0 });
      await kubectl(['wait', '--for=condition=Ready', `luaplugin/${plugin}`, '--timeout=2m']);
    }
    await repeatEvent();
    for (const [verb, resource] of [
      ['delete', 'controllerrevisions'],
      ['get', 'replicasets'],
      ['get', 'jobs'],
      ['watch', 'replicasets'],
      ['watch', 'jobs'],
      ['patch', 'pods'],
      ['update', 'leases'],
      ['patch', 'configmaps'],
      ['create', 'secrets'],
      ['patch', 'validatingwebhookconfigurations'],
    ] as const) {
      await wasUsed(verb, resource);
    }
    const granted = permissions(await render(fixture.plane, 'base'), ownersRoles);
    expect(granted).to.have.length.above(20);
    const needed = used();
    const idle = granted.filter((permission) => !needed.some((access) => allows(permission, access)));
    expect(idle, 'granted, and never used').to.deep.equal([]);
    const grants = granted.map(grant);
    const twice = grants.filter((one, index) => grants.indexOf(one) !== index);
    expect(twice, 'granted twice, so that taking one away changes nothing').to.deep.equal([]);
    expect(calls.filter(({ status }) => status === 403)).to.deep.equal([]);
    const refused = operator.logs().filter((line) => /forbidden/i.test(JSON.stringify(line)));
    expect(refused, 'lines of the log about a missing right').to.deep.equal([]);
  });

  it('fail when one is taken away: the call that needs it is refused, sent again by the same account', async () => {
    const roles = (await render(fixture.plane, 'base')).filter(
      ({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && !ownersRoles.includes(metadata.name),
    );
    const client = new PooledKubeClient({ kubeConfig: loadKubeConfig({ path: direct }), version: 'test' });
    try {
      for (const role of roles) {
        const all = permissions([role], []);
        for (const permission of all) {
          const call = calls.find(
            (one) => one.status !== 403 && accesses(one).some((access) => allows(permission, access)),
          );
          if (call === undefined) throw new Error(`no call needs ${grant(permission)}`);
          // Only an object that is not there is made by a PATCH.
          if (permission.verb === 'create' && call.method === 'PATCH') {
            await kubectl(['delete', permission.resource, permission.name ?? '', '-n', home]);
          }
          await without(permission, all, role, fixture.plane, () => isMissed(permission, call, client));
        }
      }
    } finally {
      await client.close();
    }
    await createPod(fixture.plane.api, { namespace, name: 'afterwards' });
    await eventually('the operator to work with what it was given back', async () => {
      const path = `/api/v1/namespaces/${namespace}/pods/afterwards`;
      const { metadata } = await fixture.plane.api.request<KubeObject>('GET', path);
      return metadata.annotations?.['luaplugin.dev/workload-type'];
    });
  });

  it('say nothing of Secrets, service accounts or Pods that could raise them', async () => {
    const granted = permissions(await render(fixture.plane, 'default'), []);
    const writing = granted.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb));
    const anywhere = writing.filter(({ role }) => role.startsWith('ClusterRole '));
    expect(anywhere.map(({ verb, resource }) => `${verb} ${resource}`)).to.have.members([
      'patch luaplugins/status',
      'patch pods',
      'patch validatingwebhookconfigurations',
    ]);
    expect(
      granted.filter(({ verb }) => ['*', 'bind', 'escalate', 'impersonate'].includes(verb)),
    ).to.deep.equal([]);
    expect(
      granted.filter(({ resource }) => /\*|serviceaccounts|^(cluster)?role(binding)?s$/.test(resource)),
    ).to.deep.equal([]);
    const readSecrets = granted.filter(({ resource, verb }) => resource === 'secrets' && verb !== 'create');
    for (const { name } of readSecrets) expect(name).to.equal(webhook);
  });

  /** The operator writes a repetition a minute later: its recorder, with the clock put forward. */
  async function repeatEvent() {
    const client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: kubeconfig }),
      version: 'test',
    });
    const clock = new ManualClock(Date.now());
    const recorder = new EventRecorder({
      client,
      controller: 'luaplugin.dev/lua-plugin-operator',
      instance: 'test',
      logger: silentLogger,
      clock,
    });
    const abort = new AbortController();
    const running = recorder.run(abort.signal);
    const event = {
      regarding: { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', name: plugin },
      type: 'Normal',
      reason: 'Repeated',
      action: 'Load',
      note: 'as often as it takes',
    } as const;
    const created = calls.filter(isEventPost).length;
    recorder.record(event);
    await eventually('the Event to be written', () => calls.filter(isEventPost).length > created);
    recorder.record(event);
    await eventually('the repetition to be written', async () => {
      await clock.advance(60_000);
      return used().some(({ verb, resource }) => verb === 'patch' && resource === 'events');
    });
    abort.abort();
    await running;
    await client.close();
  }
});

function isEventPost({ method, path }: ApiCall): boolean {
  return method === 'POST' && path.endsWith('/events');
}

/** What a permission grants, whichever role does. */
function grant({ verb, group, resource, name }: Permission): string {
  return [verb, group, resource, name].join(' ');
}
