import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { webhookPath } from '../../../operator/admission/server.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { serviceName } from './lab.ts';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

describe('the manifests of the webhook', () => {
  const fixture = useControlPlane();

  const render = async (folder: string): Promise<Manifest[]> => {
    const path = fileURLToPath(new URL(`../../../config/${folder}`, import.meta.url));
    const { stdout } = await fixture.plane.kubectl(['kustomize', path]);
    return parseAllDocuments(stdout).map((document) => document.toJS());
  };
  const find = (manifests: readonly Manifest[], kind: string, name = 'lua-plugin-operator') =>
    manifests.find((one) => one.kind === kind && one.metadata.name === name);

  for (const folder of ['default', 'daemonset', 'cert-manager']) {
    it(`config/${folder} has the API server ask the operator, and go on without an answer`, async () => {
      const manifests = await render(folder);
      const [webhook] = Object(find(manifests, 'ValidatingWebhookConfiguration')).webhooks;
      expect(webhook).to.include({ failurePolicy: 'Ignore', sideEffects: 'None', timeoutSeconds: 5 });
      const { service } = webhook.clientConfig;
      expect(service).to.include({ name: serviceName, path: webhookPath });
      const [port] = Object(find(manifests, 'Service', serviceName)).spec.ports;
      expect(port).to.include({ port: service.port, targetPort: 'webhook' });
      const workload = find(manifests, folder === 'daemonset' ? 'DaemonSet' : 'Deployment');
      const [container] = Object(workload).spec.template.spec.containers;
      expect(container.ports).to.deep.include({ name: 'webhook', containerPort: 9443 });
    });
  }

  it('config/default lets the operator touch one Secret and one webhook configuration, by their names', async () => {
    const manifests = await render('default');
    expect(Object(find(manifests, 'Role', serviceName)).rules).to.deep.equal([
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: [serviceName], verbs: ['get', 'update'] },
    ]);
    expect(Object(find(manifests, 'ClusterRole', serviceName)).rules).to.deep.equal([
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['validatingwebhookconfigurations'],
        resourceNames: ['lua-plugin-operator'],
        verbs: ['get', 'patch'],
      },
    ]);
  });

  it('config/cert-manager mounts a certificate, has its CA injected, and takes those rights away', async () => {
    const manifests = await render('cert-manager');
    const certificate = Object(find(manifests, 'Certificate', serviceName));
    const { secretName, issuerRef, dnsNames } = certificate.spec;
    expect(dnsNames).to.include(`${serviceName}.luaplugin-system.svc`);
    expect(find(manifests, 'Issuer', issuerRef.name)).not.to.equal(undefined);
    const configuration = find(manifests, 'ValidatingWebhookConfiguration');
    expect(configuration?.metadata.annotations).to.include({
      'cert-manager.io/inject-ca-from': `luaplugin-system/${serviceName}`,
    });
    const { containers, volumes } = Object(find(manifests, 'Deployment')).spec.template.spec;
    expect(volumes).to.deep.include({ name: 'webhook-certificate', secret: { secretName } });
    expect(containers[0].volumeMounts).to.deep.include({
      name: 'webhook-certificate',
      mountPath: '/etc/lua-plugin-operator-webhook',
      readOnly: true,
    });
    for (const kind of ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']) {
      expect(find(manifests, kind, serviceName), kind).to.equal(undefined);
    }
  });
});
