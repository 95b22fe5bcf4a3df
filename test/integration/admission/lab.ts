import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { KubectlResult } from '../../cluster/kubectl.ts';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import type { ControlPlaneFixture } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';

const configurationFile = fileURLToPath(
  new URL('../../../config/webhook/validating-webhook.yaml', import.meta.url),
);
export const serviceName = 'lua-plugin-operator-webhook';
const { namespace } = operatorAccount;
const noNamespaces = ['no-namespace-of-this-name'];

/** An operator with its webhook, which the API server really calls. */
export interface WebhookLab {
  readonly operator: RunningOperator;
  /** Where the webhook listens, on 127.0.0.1. */
  readonly port: number;
  /** Runs `kubectl apply -f -` with one LuaPlugin; a failure is returned like any other result. */
  apply(name: string, spec: Readonly<Record<string, unknown>>, ...args: string[]): Promise<KubectlResult>;
  /** Applies config/webhook, so that the API server asks the operator from now on. */
  register(changes?: { failurePolicy?: 'Fail' }): Promise<void>;
  /** The caBundle that the API server has now, PEM. */
  caBundle(): Promise<string>;
  readyz(): Promise<string>;
}

/**
 * Called in a `describe` after useControlPlane: the operator runs under its own service account. There is no Service
 * network; the Service is an ExternalName here, so that the API server finds the operator and still checks the name
 * in its certificate.
 * @param namespaces whose Pods it resolves
 */
export function useWebhook(fixture: ControlPlaneFixture, namespaces = noNamespaces): WebhookLab {
  let operator: RunningOperator | undefined;
  let directory = '';
  const applied = new Set<string>();
  const kubectl = (args: readonly string[], input?: string) =>
    fixture.plane.kubectl(args, input === undefined ? {} : { input });
  const current = () => {
    if (operator === undefined) throw new Error('The operator is there in hooks and tests only.');
    return operator;
  };

  before('start the operator with its webhook', async () => {
    directory = await mkdtemp(join(tmpdir(), 'webhook-'));
    const configFile = join(directory, 'config.yaml');
    await writeFile(configFile, webhookConfig({ address: '127.0.0.1:0' }, namespaces));
    await kubectl(['apply', '-k', baseDirectory]);
    await kubectl(['delete', 'service', serviceName, '-n', namespace]);
    await kubectl([
      'create',
      'service',
      'externalname',
      serviceName,
      '--external-name=localhost',
      '-n',
      namespace,
    ]);
    const kubeconfig = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
    operator = await startOperator({ kubeconfig, configFile });
  });

  after('stop the operator, and have nobody call its webhook', async () => {
    const gone = ['--ignore-not-found'];
    await kubectl(['delete', 'validatingwebhookconfiguration', 'lua-plugin-operator', ...gone]);
    await operator?.stop();
    await kubectl(['delete', 'service,secret', serviceName, '-n', namespace, ...gone]);
    if (applied.size > 0) await kubectl(['delete', 'luaplugin', ...applied, ...gone]);
    await rm(directory, { recursive: true, force: true });
  });

  const caBundle = async () => {
    const path = '-o=jsonpath={.webhooks[0].clientConfig.caBundle}';
    const { stdout } = await kubectl(['get', 'validatingwebhookconfiguration', 'lua-plugin-operator', path]);
    return Buffer.from(stdout, 'base64').toString('utf8');
  };
  const readyz = async () => await (await fetch(`${current().url}/readyz`)).text();
  return {
    get operator() {
      return current();
    },
    get port() {
      return portOf(current());
    },
    apply: (name, spec, ...args) => {
      applied.add(name);
      const plugin = { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', metadata: { name }, spec };
      const input = JSON.stringify(plugin);
      return fixture.plane.kubectl(['apply', '-f', '-', ...args], { input, allowFailure: true });
    },
    register: async (changes = {}) => {
      const configuration = parse(await readFile(configurationFile, 'utf8'));
      Object.assign(configuration.webhooks[0], changes);
      configuration.webhooks[0].clientConfig.service.port = portOf(current());
      await kubectl(['apply', '-f', '-'], JSON.stringify(configuration));
      await eventually('the operator to fill in its CA', async () => (await caBundle()) !== '');
    },
    caBundle,
    readyz,
  };
}

/** An operator's config with the webhook on. */
export function webhookConfig(webhook: Readonly<Record<string, unknown>>, include = noNamespaces): string {
  return JSON.stringify({
    apiVersion: 'config.luaplugin.dev/v1alpha1',
    kind: 'OperatorConfig',
    namespaces: { include },
    webhook: { enabled: true, ...webhook },
  });
}

/** Where an operator's webhook listens. */
export function portOf(operator: RunningOperator): number {
  const port = operator.logs().find(({ msg }) => msg === 'serving the webhook')?.port;
  if (typeof port !== 'number') throw new Error('the operator serves no webhook');
  return port;
}
