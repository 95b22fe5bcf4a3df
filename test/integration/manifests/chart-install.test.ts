import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';
import { readLibrary } from '../../../build/generate/library.ts';
import { type ControlPlane, startControlPlane } from '../../cluster/control-plane.ts';
import { startOperator } from '../../cluster/operator.ts';
import { createDeployment } from '../../cluster/workloads.ts';
import { eventually } from '../../support/eventually.ts';
import { goBuildTimeoutMs } from '../../support/go-program.ts';
import { buildHelm, chartDirectory, createHelm, defaultRelease, type Helm } from '../../support/helm.ts';
import { configDirectory } from '../../support/manifests.ts';
import { fencedBlock } from '../../support/pages.ts';

const release = { name: 'eyes', namespace: 'watching' };
/** What the objects of that release begin with. */
const name = 'eyes-lua-plugin-operator';
const user = `system:serviceaccount:${release.namespace}:${name}`;
const crd = 'customresourcedefinition.apiextensions.k8s.io/luaplugins.luaplugin.dev';
const plugin = {
  apiVersion: 'luaplugin.dev/v1alpha1',
  kind: 'LuaPlugin',
  metadata: { name: 'kept' },
  spec: { script: 'function GetWorkloadTypeAndName() return "", "" end' },
};

// On an API server of its own: the other tests have the definitions and the roles installed otherwise.
describe('a release of the Helm chart', () => {
  let plane: ControlPlane;
  let helm: Helm;
  let directory = '';

  const get = async (...args: string[]) => {
    const { stdout } = await plane.kubectl(['get', ...args, '-o', 'json']);
    return JSON.parse(stdout);
  };
  const inHome = (...args: string[]) => get('-n', release.namespace, ...args);
  const upgrade = (chart = chartDirectory, args: readonly string[] = [], { name, namespace } = release) =>
    helm.run(['upgrade', '--install', name, chart, '-n', namespace, '--create-namespace', ...args]);
  /** All that carries a release's name, as kind/name. */
  const objectsOf = async ({ name }: { readonly name: string }) => {
    const kinds = [
      'deployments,daemonsets,serviceaccounts,services,configmaps,poddisruptionbudgets,networkpolicies',
      'roles,rolebindings,clusterroles,clusterrolebindings,customresourcedefinitions',
      'validatingwebhookconfigurations,validatingadmissionpolicies,validatingadmissionpolicybindings',
    ];
    const selector = `app.kubernetes.io/instance=${name}`;
    const { stdout } = await plane.kubectl(['get', kinds.join(), '-A', '-l', selector, '-o', 'name']);
    return stdout.split('\n').filter(Boolean);
  };

  before('start an API server without any definition, and build Helm the first time', async function () {
    this.timeout(goBuildTimeoutMs);
    const program = await buildHelm();
    plane = await startControlPlane();
    helm = createHelm(program, plane);
    directory = await mkdtemp(join(tmpdir(), 'chart-install-'));
  });
  after(async () => {
    await plane?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('is what README says, word by word, and says when no registry has its image', async () => {
    const [, ...args] = (await fencedBlock('README.md', 'text', 'helm upgrade')).trim().split(/[\s\\]+/);
    const said = /No registry has the image lua-plugin-operator:\S+: build it/;
    const { stdout } = await helm.run(args);
    expect(stdout).not.to.match(said);
    const { spec } = await get('-n', defaultRelease.namespace, 'deployment', defaultRelease.name);
    const image = 'registry.example.com/lua-plugin-operator:0.1.0';
    expect(spec.template.spec.containers[0].image).to.equal(image);
    const unnamed = await upgrade(chartDirectory, ['--reset-values', '--dry-run'], defaultRelease);
    expect(unnamed.stdout).to.match(said);
    await helm.run(['uninstall', defaultRelease.name, '-n', defaultRelease.namespace]);
    await plane.kubectl(['delete', crd]);
  });

  it('takes over what kustomize has installed, object by object', async () => {
    await plane.kubectl(['apply', '-k', configDirectory('default')]);
    const before = await get('-n', defaultRelease.namespace, 'deployment', defaultRelease.name);
    await upgrade(chartDirectory, ['--take-ownership'], defaultRelease);
    const after = await get('-n', defaultRelease.namespace, 'deployment', defaultRelease.name);
    expect(after.metadata.uid).to.equal(before.metadata.uid);
    await helm.run(['uninstall', defaultRelease.name, '-n', defaultRelease.namespace]);
    expect(await objectsOf(defaultRelease)).to.deep.equal([crd]);
    // The next test has an empty cluster.
    await plane.kubectl(['delete', crd]);
  });

  it('brings the library with its second run, says so after the first, and takes it along when it goes', async () => {
    const withLibrary = () => upgrade(chartDirectory, ['--set=library.enabled=true'], defaultRelease);
    const plugins = async () => (await get('luaplugins')).items.length;
    const said = 'The plugins of the library are not there yet';
    expect((await withLibrary()).stdout).to.contain(said);
    expect(await plugins()).to.equal(0);
    expect((await withLibrary()).stdout).not.to.contain(said);
    expect(await plugins()).to.equal((await readLibrary()).length);
    await helm.run(['uninstall', defaultRelease.name, '-n', defaultRelease.namespace]);
    expect(await plugins()).to.equal(0);
    await plane.kubectl(['delete', crd]);
  });

  it('is installed under another name in another namespace, which all its objects follow', async () => {
    const { stdout } = await upgrade();
    expect(stdout).to.contain(`kubectl -n ${release.namespace} rollout status deployment/${name}`);
    const objects = await objectsOf(release);
    const others = objects.filter((object) => !object.includes(`/${name}`));
    expect(others).to.deep.equal([crd]);
    for (const [expected, ...args] of [
      ['yes', 'patch', 'pods', '-A'],
      ['yes', 'create', 'secrets', '-n', release.namespace],
      ['yes', 'patch', `validatingwebhookconfigurations/${name}`],
      ['no', 'patch', 'validatingwebhookconfigurations/lua-plugin-operator'],
      ['no', 'create', 'secrets', '-n', defaultRelease.namespace],
    ] as const) {
      const can = await plane.kubectl(['auth', 'can-i', ...args, `--as=${user}`], { allowFailure: true });
      expect(can.stdout.trim(), args.join(' ')).to.equal(expected);
    }
    await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(plugin) });
  });

  it("is refused in a second namespace under that name, where it would take the first one's permissions", async () => {
    const elsewhere = { name: release.name, namespace: 'elsewhere' };
    const error = await upgrade(chartDirectory, ['--take-ownership'], elsewhere).catch(
      (reason: Error) => reason,
    );
    expect(error).to.be.an('error');
    expect(String(error)).to.contain(
      `the operator ${name} is installed in the namespace ${release.namespace} already`,
    );
    const { subjects } = await get('clusterrolebinding', name);
    expect(subjects[0]).to.include({ namespace: release.namespace });
  });

  it('has the operator work with the rights, the config and the policy that it has there', async () => {
    const { data } = await inHome('configmap', `${name}-config`);
    const config = parse(data['config.yaml']);
    // As in a Pod, but for the ports, which may be taken here.
    config.webhook.address = '127.0.0.1:0';
    const configFile = join(directory, 'config.yaml');
    await writeFile(configFile, stringify(config));
    const kubeconfig = join(directory, 'kubeconfig.json');
    const account = await plane.serviceAccountKubeconfig({ namespace: release.namespace, name });
    const content = JSON.parse(await readFile(account, 'utf8'));
    content.contexts[0].context.namespace = release.namespace;
    await writeFile(kubeconfig, JSON.stringify(content));
    const operator = await startOperator({ kubeconfig, configFile });
    try {
      await eventually('the webhook to have its CA', async () => {
        const { webhooks } = await get('validatingwebhookconfiguration', name);
        expect(webhooks[0].clientConfig.service).to.include({
          namespace: release.namespace,
          name: `${name}-webhook`,
        });
        return webhooks[0].clientConfig.caBundle;
      });
      await inHome('service', `${name}-webhook`);
      await inHome('secret', `${name}-webhook`);
      const { pods } = await createDeployment(plane.api, { namespace: 'default', name: 'web' });
      const pod = pods.map(({ metadata }) => metadata.name)[0] ?? '';
      await eventually('the Pod to have its workload', async () => {
        const { metadata } = await get('pod', pod);
        return metadata.annotations?.['luaplugin.dev/workload-name'] === 'web';
      });
      const forbidden = operator.logs().filter((line) => /forbidden/i.test(JSON.stringify(line)));
      expect(forbidden).to.deep.equal([]);
      const refused = await plane.kubectl(
        ['label', 'pod', pod, 'team=x', `--as=${user}`, '--as-group=system:masters'],
        { allowFailure: true },
      );
      expect(refused.stderr).to.contain(`ValidatingAdmissionPolicy '${name}-pods'`);
    } finally {
      await operator.stop();
    }
  });

  it('is upgraded with other values: the Pods are replaced, the CA of the webhook stays', async () => {
    const before = await inHome('deployment', name);
    const configuration = await get('validatingwebhookconfiguration', name);
    await upgrade(chartDirectory, [
      '--set=replicas=2,config.logLevel=debug,config.http.secureMetrics.enabled=true',
    ]);
    const after = await inHome('deployment', name);
    expect(after.spec.replicas).to.equal(2);
    expect(after.spec.template).not.to.deep.equal(before.spec.template);
    await inHome('poddisruptionbudget', name);
    const { ports } = (await inHome('service', `${name}-metrics`)).spec;
    expect(ports.map(({ port }: { port: number }) => port)).to.deep.equal([8443]);
    const upgraded = await get('validatingwebhookconfiguration', name);
    const { caBundle } = configuration.webhooks[0].clientConfig;
    expect(caBundle).to.be.a('string');
    expect(upgraded.webhooks[0].clientConfig.caBundle).to.equal(caBundle);
    await upgrade(chartDirectory, ['--reset-values']);
    const gone = await plane.kubectl(['get', 'poddisruptionbudget', '-n', release.namespace, '-o', 'name']);
    expect(gone.stdout).to.equal('');
  });

  it('upgrades the definition of LuaPlugin with the chart', async () => {
    const next = join(directory, 'chart');
    await cp(chartDirectory, next, { recursive: true });
    const template = join(next, 'templates/generated/crd.yaml');
    const text = await readFile(template, 'utf8');
    await writeFile(template, text.replace('shortNames: [lp]', 'shortNames: [lp, lps]'));
    await upgrade(next);
    expect((await get(crd)).spec.names.shortNames).to.deep.equal(['lp', 'lps']);
  });

  it('leaves the definition and every plugin behind when it is uninstalled, and nothing else', async () => {
    await helm.run(['uninstall', release.name, '-n', release.namespace]);
    expect(await objectsOf(release)).to.deep.equal([crd]);
    expect((await get('luaplugin', 'kept')).metadata.name).to.equal('kept');
  });

  it('is installed again over what it left, and then takes the definition along where that is wanted', async () => {
    await upgrade(chartDirectory, ['--set=crds.keep=false']);
    await helm.run(['uninstall', release.name, '-n', release.namespace]);
    await eventually('the definition to be gone', async () => (await objectsOf(release)).length === 0);
  });
});
