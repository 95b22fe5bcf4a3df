import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { useControlPlane } from '../../support/control-plane.ts';
import { configDirectory } from '../../support/manifests.ts';
import { baseDirectory } from '../../support/operator.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly rules?: unknown;
}

interface DaemonSet {
  readonly updateStrategy: object;
  readonly template: {
    readonly spec: {
      readonly tolerations: readonly object[];
      readonly volumes: readonly { readonly configMap?: { readonly name: string } }[];
      readonly containers: readonly [{ readonly args: readonly string[]; readonly env: readonly object[] }];
    };
  };
}

describe('config/daemonset', () => {
  const fixture = useControlPlane();
  const overlay = fileURLToPath(new URL('../../../config/daemonset/', import.meta.url));

  const render = async (directory: string) => {
    const { stdout } = await fixture.plane.kubectl(['kustomize', directory]);
    return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  };
  const rights = (manifests: readonly Manifest[]) =>
    Object.fromEntries(
      manifests
        .filter(({ rules }) => rules !== undefined)
        .map(({ kind, metadata, rules }) => [`${kind} ${metadata.name}`, rules]),
    );

  it("runs the operator once on every node, for that node's Pods", async () => {
    const manifests = await render(overlay);
    expect(manifests.filter(({ kind }) => kind === 'Deployment')).to.deep.equal([]);
    const { spec } = manifests.find(({ kind }) => kind === 'DaemonSet') ?? {};
    const { template, updateStrategy } = spec as DaemonSet;
    const [container] = template.spec.containers;
    expect(spec).not.to.have.property('replicas');
    expect(updateStrategy).to.deep.equal({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '10%' },
    });
    expect(template.spec.tolerations).to.deep.equal([{ operator: 'Exists' }]);
    expect(container.args).to.deep.equal([
      '--config=/etc/lua-plugin-operator/config.yaml',
      '--node-name=$(NODE_NAME)',
    ]);
    expect(container.env).to.deep.equal([
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ]);
    const config = manifests.find(({ kind }) => kind === 'ConfigMap');
    expect(template.spec.volumes[0]?.configMap?.name).to.equal(config?.metadata.name);
  });

  it('adds Leases in its own namespace to the rights of config/base, and changes none of those', async () => {
    const extra = 'Role lua-plugin-operator-node-reports';
    const manifests = await render(overlay);
    expect(rights(manifests)).to.deep.equal({
      ...rights(await render(baseDirectory)),
      [extra]: [
        {
          apiGroups: ['coordination.k8s.io'],
          resources: ['leases'],
          verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
        },
      ],
    });
    const role = manifests.find(({ kind, metadata }) => `${kind} ${metadata.name}` === extra);
    expect(role?.metadata.namespace).to.equal('luaplugin-system');
  });

  it('is taken by the API server', async () => {
    const { stdout } = await fixture.plane.kubectl(['apply', '-k', overlay]);
    expect(stdout).to.match(/^daemonset.apps\/lua-plugin-operator (created|unchanged|configured)$/m);
    await fixture.plane.kubectl(['delete', '-n', 'luaplugin-system', 'daemonset', 'lua-plugin-operator']);
    await fixture.plane.kubectl(['delete', '-f', `${overlay}/rbac.yaml`]);
    // Other suites share the API server: the policy would refuse what their operators write.
    for (const folder of ['policy', 'webhook']) {
      await fixture.plane.kubectl(['delete', '-k', configDirectory(folder)]);
    }
  });
});
