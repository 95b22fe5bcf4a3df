import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { oldestMinor } from '../../../operator/kube/client/server-version.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { goBuildTimeoutMs } from '../../support/go-program.ts';
import { buildHelm, chartDirectory, createHelm, defaultRelease, type Helm } from '../../support/helm.ts';
import { configDirectory, type Manifest, render } from '../../support/manifests.ts';
import { baseDirectory } from '../../support/operator.ts';
import { comparable } from './chart-objects.ts';

/** An install by kustomize and the values with which the chart makes the same objects. */
interface Choice {
  readonly title: string;
  /** Folders of config/. */
  readonly folders: readonly string[];
  /** Single files there, which no kustomization lists. */
  readonly files?: readonly string[];
  readonly values: object;
}

const enabled = { enabled: true };
const choices: readonly Choice[] = [
  { title: 'the values as they are', folders: ['default'], values: {} },
  { title: 'two replicas', folders: ['high-availability'], values: { replicas: 2 } },
  { title: 'mode: daemonset', folders: ['daemonset'], values: { mode: 'daemonset' } },
  {
    title: "DeepFlow's types",
    folders: ['deepflow'],
    values: { config: deepflowOptions() },
  },
  { title: 'certManager', folders: ['cert-manager'], values: { certManager: enabled } },
  { title: 'the library', folders: ['default', 'library'], values: { library: enabled } },
  { title: 'networkPolicy', folders: ['default', 'network-policy'], values: { networkPolicy: enabled } },
  {
    title: 'monitoring',
    folders: ['default', 'monitoring'],
    values: { monitoring: { serviceMonitor: enabled, prometheusRule: enabled, dashboard: enabled } },
  },
  {
    title: 'secureMetrics',
    folders: ['default', 'monitoring', 'secure-metrics'],
    values: {
      config: { http: { secureMetrics: enabled } },
      monitoring: { serviceMonitor: enabled, prometheusRule: enabled, dashboard: enabled },
    },
  },
  {
    title: 'a PodMonitor',
    folders: ['daemonset'],
    files: ['monitoring/pod-monitor.yaml'],
    values: { mode: 'daemonset', monitoring: { podMonitor: enabled } },
  },
];

/** What config/default is made of, beside crds/. */
const partsOfDefault = ['base', 'policy', 'webhook'];
/** Kinds that the API server of the tests does not have. */
const foreign = /^(monitoring\.coreos\.com|cert-manager\.io)\//;

/** What config/deepflow sets beyond the options of every install. */
function deepflowOptions(): object {
  const read = (folder: string) =>
    parse(readFileSync(configDirectory(`${folder}/operator-config.yaml`), 'utf8')) as object;
  const base = JSON.stringify(Object.entries(read('base')));
  return Object.fromEntries(
    Object.entries(read('deepflow')).filter((option) => !base.includes(JSON.stringify(option))),
  );
}

describe('the Helm chart', () => {
  const fixture = useControlPlane();
  let helm: Helm;
  let directory = '';

  before('build Helm, the first time', async function () {
    this.timeout(goBuildTimeoutMs);
    helm = createHelm(await buildHelm(), fixture.plane);
    directory = await mkdtemp(join(tmpdir(), 'chart-'));
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  /** What kustomize makes of several folders of config/ together. */
  const kustomized = async ({ folders, files = [] }: Choice): Promise<Manifest[]> => {
    const kustomization: Record<string, string[]> = {};
    for (const folder of folders) {
      const { kind } = parse(await readFile(configDirectory(`${folder}/kustomization.yaml`), 'utf8'));
      const list = kind === 'Component' ? 'components' : 'resources';
      kustomization[list] = [...(kustomization[list] ?? []), relative(directory, configDirectory(folder))];
    }
    await writeFile(join(directory, 'kustomization.yaml'), JSON.stringify(kustomization));
    const single = files.map(async (file) => parse(await readFile(configDirectory(file), 'utf8')));
    return [...(await render(fixture.plane, directory)), ...(await Promise.all(single))];
  };

  for (const choice of choices) {
    const { title, folders, files = [], values } = choice;
    it(`makes with ${title} the objects of ${[...folders, ...files].map((one) => `config/${one}`).join(' and ')}`, async () => {
      const expected = (await kustomized(choice)).filter(({ kind }) => kind !== 'Namespace');
      const { ours, theirs } = await comparable(await helm.render(values), expected);
      expect(Object.keys(ours)).to.have.members(Object.keys(theirs));
      for (const [name, object] of Object.entries(ours)) {
        expect(object, name).to.deep.equal(theirs[name]);
      }
    });

    it(`makes with ${title} what the API server takes, and Pods within the restricted profile`, async () => {
      const { name, namespace } = defaultRelease;
      // Under a name that nothing has yet, or an object would be merged with the one that is there.
      const rendered = await helm.render(values, { name: 'trial', namespace });
      const manifests = rendered.filter(({ apiVersion }) => !foreign.test(apiVersion));
      const workload = manifests.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
      const { metadata, spec } = Object(workload).spec.template;
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, namespace, name: 'trial' },
        spec: { ...spec, serviceAccountName: name },
      };
      const { stdout, stderr } = await fixture.plane.kubectl(
        ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-'],
        { input: [...manifests, pod].map((object) => JSON.stringify(object)).join('\n---\n') },
      );
      expect(stderr, 'no warning').to.equal('');
      expect(stdout.trim().split('\n')).to.have.length(manifests.length + 1);
    });
  }

  it('has a choice for every folder of config/', async () => {
    const entries = await readdir(configDirectory(''), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const chosen = choices.flatMap((choice) => choice.folders);
    expect(folders).to.have.members([...new Set([...chosen, ...partsOfDefault])]);
  });

  it('passes helm lint --strict, with each of these values', async () => {
    for (const { values } of choices) {
      const args = ['lint', '--strict', chartDirectory, '-f', '-'];
      const { stdout } = await helm.run(args, { input: JSON.stringify(values) });
      expect(stdout).to.contain('1 chart(s) linted, 0 chart(s) failed');
    }
  });

  it("has the program's version, and wants the Kubernetes that the program wants", async () => {
    const chart = parse(await readFile(join(chartDirectory, 'Chart.yaml'), 'utf8'));
    const { version } = parse(await readFile(join(chartDirectory, '../../package.json'), 'utf8'));
    expect(chart).to.include({ version, appVersion: version, kubeVersion: `>=1.${oldestMinor}.0-0` });
  });
});
