import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  createAdvancedStatefulSet,
  createCloneSet,
  createCronJob,
  createDaemonSet,
  createDeployment,
  createOpenGaussCluster,
  createPod,
} from '../cluster/workloads.ts';
import { eventually } from '../support/eventually.ts';
import { explainColumns, metric, podTable, workloads } from './observe.ts';
import { root, standInsDirectory, type World } from './world.ts';

/** One step of the story; it fails when the cluster does not show what it should. */
export interface Step {
  readonly title: string;
  readonly run: (world: World) => Promise<void>;
}

const namespace = 'shop';
const pluginFile = 'examples/opengauss.yaml';
const account = { namespace: 'luaplugin-system', name: 'lua-plugin-operator' };

/** What standard resolution says of the demo's Pods, by the beginning of the Pod's name. */
const standard = [
  ['og-ogtest-', 'OpenGaussCluster ogtest'],
  ['cart-', 'CloneSet cart'],
  ['ledger-', 'StatefulSet ledger'],
  ['web-', 'Deployment web'],
  ['nightly-', 'CronJob nightly'],
  ['agent-', 'DaemonSet agent'],
  ['lonely', 'Pod lonely'],
] as const;

export const story: readonly Step[] = [
  {
    title: 'Install: the resource definition, the namespace, the service account and its rights',
    async run(world) {
      await world.kubectl(['apply', '-k', join(root, 'config/default')], {
        shown: 'apply -k config/default',
      });
      // The operator of this story runs outside of the cluster, where the webhook's Service does not lead: each apply
      // would wait for it in vain.
      await world.plane.kubectl(['delete', 'validatingwebhookconfiguration', 'lua-plugin-operator']);
      await world.kubectl(['wait', '--for=condition=Established', 'crd/luaplugins.luaplugin.dev'], {
        quiet: true,
      });
      await world.kubectl(['apply', '-f', standInsDirectory], {
        shown: 'apply -f test/cluster/stand-ins/',
      });
    },
  },
  {
    title: 'Start the operator as its own service account, with no right but its own',
    async run(world) {
      const kubeconfig = await world.plane.serviceAccountKubeconfig(account);
      const { stdout } = await world.kubectl(
        ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'],
        {
          kubeconfig,
        },
      );
      expect(stdout).to.equal(`system:serviceaccount:${account.namespace}:${account.name}`);
      const denied = await world.kubectl(['auth', 'can-i', 'delete', 'pods', '-A'], {
        kubeconfig,
        allowFailure: true,
      });
      expect(denied.stdout.trim()).to.equal('no');
      const operator = await world.startOperator(kubeconfig);
      await eventually('/readyz to say ok', async () => (await fetch(`${operator.url}/readyz`)).ok);
      world.narrator.fact(`the operator is ready, process ${operator.pid}`);
    },
  },
  {
    title:
      'Create Pods as their controllers would: openGauss, OpenKruise, Deployment, CronJob, DaemonSet, none',
    async run(world) {
      const { api, kubectl } = world.plane;
      await kubectl(['create', 'namespace', namespace]);
      await Promise.all([
        createOpenGaussCluster(api, { namespace, name: 'ogtest', pods: 2 }),
        createCloneSet(api, { namespace, name: 'cart' }),
        createAdvancedStatefulSet(api, { namespace, name: 'ledger' }),
        createDeployment(api, { namespace, name: 'web', pods: 2 }),
        createCronJob(api, { namespace, name: 'nightly' }),
        createDaemonSet(api, { namespace, name: 'agent' }),
        createPod(api, { namespace, name: 'lonely' }),
      ]);
      await eventually('every Pod to carry what its owners say', async () => {
        const pods = await workloads(world);
        expect(pods).to.have.length(9);
        for (const [prefix, workload] of standard) {
          for (const pod of pods.filter(({ name }) => name.startsWith(prefix))) {
            expect(pod).to.include({ workload, resolvedBy: 'standard' });
          }
        }
        return true;
      });
      world.narrator.fact('before any plugin: the owner references are followed, and that is all');
      explainColumns(world);
      await podTable(world);
    },
  },
  {
    title: 'Apply a plugin: a Lua function that knows what an openGauss Pod belongs to',
    async run(world) {
      const begin = Date.now();
      await world.kubectl(['apply', '-f', join(root, pluginFile)], { shown: `apply -f ${pluginFile}` });
      await openGaussPods(world, 'StatefulSet ogtest');
      const tookMs = Date.now() - begin;
      await world.kubectl(['wait', '--for=condition=Ready', 'luaplugin/opengauss', '--timeout=2m']);
      world.narrator.fact(`the openGauss Pods say so ${tookMs} ms after kubectl began`);
      await podTable(world);
      const counted = '--for=jsonpath={.status.podsResolved}=2';
      await world.kubectl(['wait', counted, 'luaplugin/opengauss', '--timeout=2m'], { quiet: true });
      await world.kubectl(['get', 'luaplugins']);
    },
  },
  {
    title: 'Change the script: no restart, the Pods follow',
    async run(world) {
      const source = await readFile(join(root, pluginFile), 'utf8');
      const changed = source
        .replaceAll('"StatefulSet"', '"OpenGaussDatabase"')
        .replaceAll('type: StatefulSet', 'type: OpenGaussDatabase');
      expect(changed, 'the script names the type').not.to.equal(source);
      const begin = Date.now();
      await world.kubectl(['apply', '-f', '-'], {
        input: changed,
        shown: 'apply -f opengauss.yaml   # with another type in the script',
      });
      await openGaussPods(world, 'OpenGaussDatabase ogtest');
      world.narrator.fact(`the new annotations were there ${Date.now() - begin} ms after kubectl began`);
      await podTable(world);
    },
  },
  {
    title: 'Apply a broken script: the old revision serves on, and the status names the line',
    async run(world) {
      const source = await readFile(join(root, pluginFile), 'utf8');
      const broken = source.replace(/^( *)function GetWorkloadTypeAndName\(.*\)$/m, '$&\n$1  if then');
      expect(broken, 'a line was put in').not.to.equal(source);
      const compileErrors = 'luaplugin_errors_total{plugin="opengauss",reason="compile"}';
      expect(await metric(world, compileErrors)).to.equal(0);
      await world.kubectl(['apply', '-f', '-'], {
        input: broken,
        shown: 'apply -f opengauss.yaml   # with "if then" in the script',
      });
      await world.kubectl(['wait', '--for=condition=Ready=false', 'luaplugin/opengauss', '--timeout=2m']);
      const { stdout } = await world.kubectl([
        'get',
        'luaplugin',
        'opengauss',
        '-o',
        'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\\n"}{end}',
      ]);
      expect(stdout).to.match(/^Ready=False CompileError: opengauss:\d+: .*'then'/m);
      expect(stdout).to.match(/^Serving=True Serving: revision 2 /m);
      expect(stdout).to.match(/^Stalled=True CompileError: /m);
      world.narrator.command(`curl -s ${world.operator.url}/metrics | grep luaplugin_errors_total`);
      expect(await metric(world, compileErrors)).to.equal(1);
      world.narrator.output(`${compileErrors} 1`);
      await openGaussPods(world, 'OpenGaussDatabase ogtest');
      world.narrator.fact('the Pods keep what the last good revision said');
    },
  },
  {
    title: 'Delete the plugin: its Pods go back to what their owners say',
    async run(world) {
      await world.kubectl(['delete', 'luaplugin', 'opengauss']);
      await openGaussPods(world, 'OpenGaussCluster ogtest');
      world.narrator.fact('the openGauss Pods are an OpenGaussCluster again, by standard resolution');
      await podTable(world);
    },
  },
];

async function openGaussPods(world: World, workload: string): Promise<void> {
  await eventually(`the openGauss Pods to carry ${workload}`, async () => {
    const pods = (await workloads(world)).filter(({ name }) => name.startsWith('og-'));
    expect(pods).to.have.length(2);
    for (const pod of pods) expect(pod.workload).to.equal(workload);
    return true;
  });
}
