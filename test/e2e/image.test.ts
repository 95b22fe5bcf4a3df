import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { launchOperator, type RunningOperator } from '../cluster/operator.ts';
import { createPod, type KubeObject } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { type Image, sharedImage } from '../support/image.ts';
import { configDirectory } from '../support/manifests.ts';
import { baseDirectory, operatorAccount } from '../support/operator.ts';
import { boxObstacle, inBox, layLibraries, prepareRoot } from '../support/pod-box.ts';
import { refusedCalls } from './observe.ts';
import { root } from './world.ts';

/** What gcr.io/distroless/cc has of what programs are linked with: glibc, libstdc++ and libgcc. */
const baseLibraries =
  /^(ld-linux.*\.so\.\d|libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;

/** A distroless image's. */
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const secrets = 'var/run/secrets/kubernetes.io/serviceaccount';

describe('the image of the Dockerfile', () => {
  let image: Image;
  let pod: PodSpec;

  before('lay it out', async () => {
    image = await sharedImage();
    pod = parse(await readFile(configDirectory('base/deployment.yaml'), 'utf8')).spec.template.spec;
  });

  it('is run by the number of the user whom config/base names, and is of the version that it says', async () => {
    const { runAsUser, runAsGroup } = pod.securityContext;
    expect(image.user).to.equal(`${runAsUser}:${runAsGroup}`);
    const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(pod.containers[0].image).to.equal(`${name}:${version}`);
    expect(image.labels).to.include({
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.base.name': image.stages.at(-1)?.base,
    });
  });

  it('has the Node that the tests run on, and names a version of every image that it is made of', () => {
    for (const { base } of image.stages) {
      expect(base).to.match(/:(?!latest)/);
      if (base.startsWith('node:')) expect(base).to.match(new RegExp(`^node:${process.versions.node}-`));
    }
  });

  it('has the bundle and Node in it, and no package, no source and no shell', async () => {
    const files = (await readdir(image.root, { recursive: true, withFileTypes: true })).filter((one) =>
      one.isFile(),
    );
    const places = files.map((file) => join(file.parentPath, file.name).slice(image.root.length));
    const ours = places.filter((place) => place.startsWith('/app/'));
    expect(ours).to.include.members(['/app/operator/main.js', '/app/package.json', '/app/LICENSE']);
    expect(ours.filter((place) => /node_modules|\.ts$/.test(place))).to.deep.equal([]);
    expect(places).to.include('/usr/local/bin/node');
    expect(places.filter((place) => /\/bin\//.test(place) && !place.endsWith('/node'))).to.deep.equal([]);
  });

  describe("as a Pod's container, read-only and without rights", () => {
    const obstacle = boxObstacle();
    if (obstacle !== undefined) {
      it(`can't be tried here: ${obstacle}`);
      return;
    }
    const fixture = useControlPlane();
    let operator: RunningOperator | undefined;
    let untouched: readonly string[] = [];
    const box = (program: readonly string[]) => inBox(image.root, image.user, program);

    before('mount what a Pod has: its service account and its config', async () => {
      const libraries = await layLibraries(image.root, process.execPath);
      expect(libraries.filter((name) => !baseLibraries.test(name))).to.deep.equal([]);
      await prepareRoot(image.root);
      await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
      await laySecrets(image, await fixture.plane.serviceAccountKubeconfig(operatorAccount));
      await layConfig(image, pod, fixture.namespace);
      untouched = await everything(image.root);
    });
    after(() => operator?.stop());

    it('is shut in a box: another user, no capability, nothing that it could write to', async () => {
      const probe = `
        const fs = require('node:fs');
        const write = (path) => { try { fs.writeFileSync(path, ''); return 'written'; } catch (error) { return error.code; } };
        const status = fs.readFileSync('/proc/self/status', 'utf8');
        const line = (name) => new RegExp('^' + name + ':\\\\t(.*)$', 'm').exec(status)[1];
        console.log(JSON.stringify({
          user: process.getuid() + ':' + process.getgid(), groups: line('Groups').trim(), capabilities: line('CapEff'),
          isHeld: line('NoNewPrivs'), app: write('/app/x'), root: write('/x'), tmp: write('/tmp/x'), dev: write('/dev/x'),
        }))`;
      const [command, args] = box(['/usr/local/bin/node', '-e', probe]);
      const { stdout } = await promisify(execFile)(command, args, { env: { PATH: path } });
      expect(JSON.parse(stdout)).to.deep.equal({
        user: '65532:65532',
        groups: '',
        capabilities: '0000000000000000',
        isHeld: '1',
        app: 'EROFS',
        root: 'EROFS',
        tmp: 'ENOENT',
        dev: 'EROFS',
      });
    });

    it('starts with the arguments of the Deployment, and annotates a Pod', async () => {
      const { namespace, plane } = fixture;
      const { hostname, port } = new URL(plane.server);
      const [container] = pod.containers;
      const [command, args] = box([...image.entrypoint, ...container.args]);
      operator = await launchOperator(command, args, {
        PATH: path,
        ...image.env,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
      });
      const { url } = operator;
      await eventually('the operator to be ready', async () => (await fetch(`${url}/readyz`)).ok);
      await createPod(plane.api, { namespace, name: 'lonely' });
      await eventually('the annotations', async () => {
        const made = await plane.api.request<KubeObject>(
          'GET',
          `/api/v1/namespaces/${namespace}/pods/lonely`,
        );
        return made.metadata.annotations?.['luaplugin.dev/workload-name'] === 'lonely';
      });
      const status = await readFile(`/proc/${operator.pid}/status`, 'utf8');
      expect(status).to.match(/^Uid:\t65532\t65532\t65532\t65532$/m);
    });

    it('runs plugins, too: the sandbox needs no more than that', async () => {
      const { namespace, plane } = fixture;
      const name = `image-${namespace}`;
      const spec = {
        match: { namespaces: { include: [namespace] } },
        script: 'function GetWorkloadTypeAndName() return "Job", "boxed" end',
      };
      const object = { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', metadata: { name }, spec };
      await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
      try {
        await eventually("the plugin's annotations", async () => {
          const path = `/api/v1/namespaces/${namespace}/pods/lonely`;
          const { metadata } = await plane.api.request<KubeObject>('GET', path);
          return metadata.annotations?.['luaplugin.dev/resolved-by'] === `LuaPlugin/${name}`;
        });
      } finally {
        await plane.kubectl(['delete', 'luaplugin', name]);
      }
    });

    it('ends on SIGTERM, and has asked for nothing that it may not, nor changed a file', async () => {
      expect(await refusedCalls(operator?.url ?? '')).to.deep.equal([]);
      expect(await operator?.stop()).to.equal(0);
      expect(operator?.logs().filter(({ level }) => ['raw', 'error', 'fatal'].includes(level))).to.deep.equal(
        [],
      );
      expect(await everything(image.root)).to.deep.equal(untouched);
    });
  });
});

/** The Pod of config/base, as far as it is read. */
interface PodSpec {
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly containers: readonly [
    {
      readonly image: string;
      readonly args: readonly string[];
      readonly volumeMounts: readonly [{ readonly mountPath: string }];
    },
  ];
}

/** What the kubelet mounts for the service account; the token is for the container's user. */
async function laySecrets(image: Image, kubeconfig: string): Promise<void> {
  const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8'));
  const folder = join(image.root, secrets);
  await mkdir(folder, { recursive: true });
  const ca = Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64');
  await writeFile(join(folder, 'ca.crt'), ca, { mode: 0o644 });
  await writeFile(join(folder, 'namespace'), operatorAccount.namespace, { mode: 0o644 });
  await writeFile(join(folder, 'token'), users[0].user.token, { mode: 0o600 });
  const [uid, gid] = image.user.split(':').map(Number);
  await chown(join(folder, 'token'), uid ?? Number.NaN, gid ?? Number.NaN);
}

/** The config of config/base, but for ports that may be taken here and Pods of other tests. */
async function layConfig(image: Image, pod: PodSpec, namespace: string): Promise<void> {
  const [{ mountPath }] = pod.containers[0].volumeMounts;
  await mkdir(join(image.root, mountPath), { recursive: true });
  const text = await readFile(configDirectory('base/operator-config.yaml'), 'utf8');
  const placed = text.replaceAll(/address: :\d+/g, 'address: 127.0.0.1:0');
  await writeFile(
    join(image.root, mountPath, 'config.yaml'),
    `${placed}namespaces: { include: [${namespace}] }\n`,
  );
}

/** Every file and directory, with what changes when it is written to. */
async function everything(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true });
  const states = entries.map(async (entry) => {
    const { size, mtimeMs, ino } = await stat(join(directory, entry));
    return `${entry} ${size} ${mtimeMs} ${ino}`;
  });
  return (await Promise.all(states)).sort();
}
