import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { Io } from '../../luaplugin/program/io.ts';
import { variants } from '../../luaplugin/program/options.ts';
import { execute } from '../../luaplugin/program/program.ts';
import { type Cluster, startCluster } from '../cluster/kwok.ts';
import { eventually } from '../support/eventually.ts';
import { sharedImage } from '../support/image.ts';
import { type Manifest, render } from '../support/manifests.ts';
import { fencedBlock } from '../support/pages.ts';
import { fakeIo } from '../unit/luaplugin/fake-io.ts';
import { root } from './world.ts';

const run = promisify(execFile);
const home = 'luaplugin-system';
const name = 'lua-plugin-operator';
/** What README has in place of a user's own. */
const image = 'registry.example.com/lua-plugin-operator:0.1.0';

/** The commands of README's section about the install. */
async function readmeCommands(): Promise<string[]> {
  const page = await readFile(join(root, 'README.md'), 'utf8');
  const [, section = ''] = /^## Install\n(.*?)^## /ms.exec(page) ?? [];
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => commands);
}

/** Steps that follow each other, on one cluster whose controllers are real and whose Pods run on no machine. */
describe('luaplugin install and uninstall, on an empty cluster', () => {
  let cluster: Cluster;
  let program = '';
  let directory = '';

  /** In this process, which is faster; by whom, if not the administrator. */
  const luaplugin = async (words: string, { kubeconfig = cluster.kubeconfigPath, ask }: As = {}) => {
    const io = fakeIo();
    const args = [...words.split(' '), '--kubeconfig', kubeconfig];
    const code = await execute(args, { ...io, ...(ask === undefined ? {} : { ask }) });
    return { code, stdout: io.out(), stderr: io.err(), lines: io.out().trim().split('\n') };
  };
  const kubectl = async (words: string) => (await cluster.kubectl(words.split(' '))).stdout.trim();
  const exists = async (words: string) => (await kubectl(`get ${words} --ignore-not-found -o name`)) !== '';
  const imageOf = (kind: string) =>
    kubectl(`get ${kind} ${name} -n ${home} -o jsonpath={.spec.template.spec.containers[0].image}`);

  before('start the cluster, and have the built program without the repository', async function () {
    this.timeout(30 * 60_000);
    cluster = await startCluster();
    directory = await mkdtemp(join(tmpdir(), 'install-'));
    program = join((await sharedImage()).root, 'app/operator/luaplugin.js');
    await writeFile(
      join(directory, 'luaplugin'),
      `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`,
    );
    await chmod(join(directory, 'luaplugin'), 0o755);
    await symlink(cluster.kubectlPath, join(directory, 'kubectl'));
  });
  after(async () => {
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const shell = (commands: string, cwd: string) =>
    run('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd,
      env: {
        PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}`,
        HOME: directory,
        KUBECONFIG: cluster.kubeconfigPath,
      },
    });

  it('says what it would do, and does nothing, in a dry run', async () => {
    const client = await luaplugin('install --dry-run=client');
    const server = await luaplugin('install --dry-run=server');
    expect(server.stderr).to.match(
      /^note: no registry has the image lua-plugin-operator yet, [^\n]* name it with --image\n$/,
    );
    expect(client.lines).to.have.length(server.lines.length);
    expect(server.lines).to.include.members([
      'namespace/luaplugin-system created (server dry run)',
      'customresourcedefinition.apiextensions.k8s.io/luaplugins.luaplugin.dev created (server dry run)',
      `deployment.apps/${name} created (dry run; its namespace is not there yet, so the API server can't check it)`,
    ]);
    expect(await exists(`namespace ${home}`)).to.equal(false);
  });

  it('is what README says: its commands, word by word, make a Deployment that becomes available', async () => {
    const blocks = await readmeCommands();
    expect(blocks.join('')).to.contain(`luaplugin install --image ${image}`);
    // The kustomization, first, lies beside the checkout.
    const kustomization = await fencedBlock('README.md', 'yaml', 'kind: Kustomization');
    await writeFile(join(directory, 'kustomization.yaml'), kustomization);
    await symlink(root, join(directory, name));
    await shell('kubectl apply -k .', directory);
    expect(await imageOf('deployment')).to.equal(image);
    for (const commands of blocks) await shell(commands, root);
    await kubectl(`wait --for=condition=Available deployment/${name} -n ${home} --timeout=2m`);
    expect((await cluster.kubectl(['get', 'luaplugins'])).stderr.trim()).to.equal('No resources found');
    expect(await exists(`validatingadmissionpolicybinding ${name}-pods`)).to.equal(true);
  });

  it('needs no repository: the built program, from any directory, changes nothing when all is there', async () => {
    const { stdout } = await shell(`luaplugin install --image ${image} --wait`, directory);
    const [rest, done] = [stdout.trim().split('\n').slice(0, -2), stdout.trim().split('\n').slice(-2)];
    expect(rest.filter((line) => !line.endsWith(' unchanged'))).to.deep.equal([]);
    expect(done).to.deep.equal([
      'customresourcedefinition.apiextensions.k8s.io/luaplugins.luaplugin.dev is established',
      `deployment.apps/${name} is available: 1 of 1 replicas`,
    ]);
  });

  it('prints manifests for kubectl, the same as kustomize makes', async () => {
    for (const variant of variants) {
      const { stdout } = await luaplugin(`install --variant ${variant} -o json`);
      const { items }: { items: readonly Manifest[] } = JSON.parse(stdout);
      expect(items, variant).to.have.deep.members(await render(cluster, variant));
      expect(items[0]?.kind).to.equal('Namespace');
      expect(items.at(-1)?.kind).to.equal('ValidatingWebhookConfiguration');
    }
    const { stdout } = await shell(
      'luaplugin install -o yaml | kubectl apply --dry-run=server -f -',
      directory,
    );
    expect(stdout).to.contain(`deployment.apps/${name} `);
    const { stdout: text } = await luaplugin('install -o yaml');
    expect(parseAllDocuments(text).map((document) => document.toJS())).to.have.deep.members(
      await render(cluster, 'default'),
    );
  });

  it('changes the image alone when that alone is another, and waits for the Pods', async () => {
    // The image is kubectl's, too, which has applied it for README.
    const words = 'install --image registry.example.com/operator:2 --force-conflicts';
    const tried = await luaplugin(`${words} --dry-run=server`);
    expect(tried.lines.filter((line) => !line.includes(' unchanged '))).to.deep.equal([
      `deployment.apps/${name} configured (server dry run)`,
    ]);
    expect(await imageOf('deployment')).to.equal(image);
    const { code, lines } = await luaplugin(`${words} --wait`);
    expect(code).to.equal(0);
    expect(lines).to.include(`deployment.apps/${name} configured`);
    expect(lines.filter((line) => line.endsWith(' configured'))).to.have.length(1);
    expect(await imageOf('deployment')).to.equal('registry.example.com/operator:2');
  });

  it('leaves what somebody else has set, unless it is told to take it over', async () => {
    await kubectl(`scale deployment ${name} -n ${home} --replicas=3`);
    const { code, stdout, stderr } = await luaplugin('install');
    expect(stderr).to.match(
      /^luaplugin: deployment\.apps\/lua-plugin-operator: Apply failed with 1 conflict: [^\n]*\.spec\.replicas; --force-conflicts takes these fields over\n$/,
    );
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect((await luaplugin('install --force-conflicts')).lines).to.include(
      `deployment.apps/${name} configured`,
    );
    expect(await kubectl(`get deployment ${name} -n ${home} -o jsonpath={.spec.replicas}`)).to.equal('1');
  });

  it('becomes another variant: what the old one had goes once the new one works', async () => {
    const first = await luaplugin(`install --variant daemonset --image ${image}`);
    expect(first.stderr).to.match(
      /^note: deployment\.apps\/lua-plugin-operator is of an earlier install and no part of the variant daemonset; --wait deletes it /,
    );
    expect(await exists(`deployment ${name} -n ${home}`)).to.equal(true);
    const { code, lines, stderr } = await luaplugin(`install --variant daemonset --image ${image} --wait`);
    expect({ code, stderr: stderr.replaceAll(/^waiting: .*\n/gm, '') }).to.deep.equal({
      code: 0,
      stderr: '',
    });
    expect(lines).to.include.members([
      `daemonset.apps/${name} is available: 1 of 1 nodes`,
      `deployment.apps/${name} deleted`,
    ]);
    expect(await exists(`deployment ${name} -n ${home}`)).to.equal(false);
    const configs = await kubectl(`get configmaps -n ${home} -l app.kubernetes.io/component=config -o name`);
    expect(configs.split('\n')).to.have.length(1);
    const back = await luaplugin('install --wait');
    expect(back.lines).to.include.members([
      `deployment.apps/${name} is available: 1 of 1 replicas`,
      `daemonset.apps/${name} deleted`,
      `role.rbac.authorization.k8s.io/${name}-node-reports deleted`,
    ]);
  });

  it('refuses a second operator in another namespace, and names the first', async () => {
    const { code, stdout, stderr } = await luaplugin('install -n elsewhere');
    expect(stderr).to.equal(
      `luaplugin: the operator is installed in the namespace ${home}, and a cluster has one; --namespace ${home} brings that one up to date, luaplugin uninstall takes it off\n`,
    );
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
  });

  it('names what the cluster lacks for a variant', async () => {
    const { code, stderr } = await luaplugin('install --variant cert-manager');
    expect(stderr).to.match(
      /^luaplugin: the cluster serves no (Issuer|Certificate) of cert-manager\.io\/v1; install cert-manager first, or choose another --variant\n$/,
    );
    expect(code).to.equal(1);
  });

  it('tells who may not install which rights are missing, before anything is changed', async () => {
    await kubectl('create serviceaccount visitor');
    await kubectl('create clusterrolebinding visitor --clusterrole=view --serviceaccount=default:visitor');
    const rights =
      '--verb=get --resource=clusterroles,clusterrolebindings,roles,rolebindings,customresourcedefinitions';
    const more =
      '--resource=validatingadmissionpolicies,validatingadmissionpolicybindings,validatingwebhookconfigurations,namespaces';
    await kubectl(`create clusterrole visitor-reads ${rights} ${more}`);
    await kubectl(
      'create clusterrolebinding visitor-reads --clusterrole=visitor-reads --serviceaccount=default:visitor',
    );
    const kubeconfig = await cluster.serviceAccountKubeconfig({ namespace: 'default', name: 'visitor' });
    const { code, stdout, stderr } = await luaplugin('install', { kubeconfig });
    expect(stderr).to.match(
      /^luaplugin: you may not patch [^\n]*, and \d+ more; an install takes the rights of a cluster's administrator \(cluster-admin\), and nothing was changed\n$/,
    );
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
  });

  it('gives up when it does not run in time, and says why', async () => {
    await kubectl(`rollout pause deployment/${name} -n ${home}`);
    const { code, stderr } = await luaplugin(
      'install --image registry.example.com/operator:3 --wait --timeout 1500ms',
    );
    expect(stderr).to.contain(
      `deployment.apps/${name}: 0 of 1 replicas have the new version: not ready after 1.5 s\n`,
    );
    expect(code).to.equal(1);
    await kubectl(`rollout resume deployment/${name} -n ${home}`);
  });

  it('is taken off, with its namespace; the LuaPlugins stay', async () => {
    await cluster.kubectl(['delete', 'validatingwebhookconfiguration', name]);
    await cluster.kubectl(['apply', '-f', join(root, 'examples/label.yaml')]);
    const asked: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return 'n';
    };
    const stopped = await luaplugin('uninstall', { ask });
    expect(stopped).to.include({ code: 1, stdout: '', stderr: 'stopped; nothing was changed\n' });
    expect(asked[0]).to.match(
      /^This deletes \d+ objects, and with the namespace luaplugin-system all that is in it \(revisions of plugins, too\)\. Go on\? \[y\/N\] $/,
    );
    const tried = await luaplugin('uninstall --dry-run=server');
    expect(tried.lines.at(-1)).to.equal(`namespace/${home} deleted (server dry run)`);
    expect(await exists(`deployment ${name} -n ${home}`)).to.equal(true);

    const { code, lines, stderr } = await luaplugin('uninstall --yes --wait');
    expect(code).to.equal(0);
    expect(lines[0]).to.match(/^deployment/);
    expect(lines.at(-1)).to.equal(`namespace/${home} deleted`);
    expect(stderr.replaceAll(/^waiting: .*\n/gm, '')).to.equal(
      'note: the resource definition and 1 LuaPlugin stay; "luaplugin uninstall --crds" deletes them\n' +
        'note: Pods keep their annotations; "luaplugin cleanup" takes them off once the operator has ended\n',
    );
    expect(await exists('luaplugin label')).to.equal(true);
    for (const kind of ['clusterroles', 'clusterrolebindings', 'validatingadmissionpolicies', 'roles -A']) {
      expect(await kubectl(`get ${kind} -l app.kubernetes.io/name=${name} -o name`), kind).to.equal('');
    }
  });

  it('says so when there is nothing to take off', async () => {
    const { code, stdout, stderr } = await luaplugin('uninstall --yes');
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    expect(stderr).to.match(/^note: the operator is not installed in the namespace luaplugin-system\n/);
  });

  it('lives in another namespace, and leaves one that was there before as it was', async () => {
    await kubectl('create namespace observability');
    await kubectl('label namespace observability team=platform');
    const { code, lines } = await luaplugin('install -n observability --wait');
    expect(code).to.equal(0);
    expect(lines.filter((line) => line.startsWith('namespace/'))).to.deep.equal([]);
    const labels = JSON.parse(await kubectl('get namespace observability -o jsonpath={.metadata.labels}'));
    expect(labels).to.deep.equal({ team: 'platform', 'kubernetes.io/metadata.name': 'observability' });
    const policy = await kubectl(`get validatingadmissionpolicy ${name}-pods -o yaml`);
    expect(policy).to.contain('system:serviceaccount:observability:lua-plugin-operator');
    const account = `system:serviceaccount:observability:${name}`;
    const { stdout: may } = await cluster.kubectl([
      'auth',
      'can-i',
      'patch',
      'pods',
      '-A',
      `--as=${account}`,
    ]);
    expect(may.trim()).to.equal('yes');
    await kubectl(`create secret generic ${name}-webhook -n observability`);

    const wrong = await luaplugin('uninstall --yes');
    expect(wrong.stderr).to.match(
      /installed in the namespace observability[^\n]*give --namespace observability\n$/,
    );
    const gone = await luaplugin('uninstall -n observability --crds --yes --wait');
    expect(gone.code).to.equal(0);
    expect(gone.lines).to.include.members([
      'customresourcedefinition.apiextensions.k8s.io/luaplugins.luaplugin.dev deleted',
      `secret/${name}-webhook deleted`,
    ]);
    expect(await exists('namespace observability')).to.equal(true);
    await eventually('nothing of it to be left there', async () => {
      const left = await kubectl('get all,configmaps,secrets,roles,leases -n observability -o name');
      return left === 'configmap/kube-root-ca.crt';
    });
    expect(await exists('crd luaplugins.luaplugin.dev')).to.equal(false);
  });

  it('does not touch what Helm has installed', async () => {
    await kubectl(`create clusterrole ${name} --verb=get --resource=pods`);
    await kubectl(`label clusterrole ${name} app.kubernetes.io/name=${name}`);
    await kubectl(
      `annotate clusterrole ${name} meta.helm.sh/release-name=lua meta.helm.sh/release-namespace=tools`,
    );
    for (const words of ['install', 'uninstall --yes']) {
      const { code, stderr } = await luaplugin(words);
      expect(stderr, words).to.equal(
        `luaplugin: clusterrole.rbac.authorization.k8s.io/${name} belongs to the Helm release lua in the namespace tools; use helm upgrade, or helm uninstall first\n`,
      );
      expect(code).to.equal(1);
    }
  });
});

interface As {
  readonly kubeconfig?: string;
  readonly ask?: Io['ask'];
}
