import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LuaPlugin } from '../../operator/api/generated.ts';
import { type RunningOperator, startOperator } from '../cluster/operator.ts';
import type { ControlPlaneFixture } from './control-plane.ts';
import { eventually } from './eventually.ts';

/** The permissions and the service account of config/, under which tests run the operator. */
export const baseDirectory = fileURLToPath(new URL('../../config/base/', import.meta.url));
export const operatorAccount = { namespace: 'luaplugin-system', name: 'lua-plugin-operator' };

/** What `useOperator` gives to the tests of a `describe`; only inside hooks and tests. */
export interface OperatorFixture {
  readonly operator: RunningOperator;
  /** Ends the operator and starts another; resolves when that is ready. @returns the exit code of the first */
  restart(signal?: NodeJS.Signals): Promise<number | null>;
  /** Applies a LuaPlugin for this test's namespace only; it is deleted afterwards. */
  applyPlugin(name: string, spec: Readonly<Record<string, unknown>>): Promise<void>;
  getPlugin(name: string): Promise<LuaPlugin>;
  /** `Ready=True Serving` and so on; waits until the operator has looked at the latest generation. */
  conditionsOf(name: string): Promise<Readonly<Record<string, string>>>;
  /** The annotations of the operator on a Pod of this namespace: `Deployment web by standard`; empty without. */
  workloadOf(pod: string): Promise<string>;
  /** The value of a series on /metrics; undefined when it is not there. */
  metric(series: string): Promise<number | undefined>;
}

/**
 * Called in a `describe` after useControlPlane: runs the operator, under its own service account, for the Pods of
 * the fixture's namespace.
 * @param config more lines for its config file, or a function that gives them when it is started
 * @param entry the program's file, when it is not the source's
 */
export function useOperator(
  fixture: ControlPlaneFixture,
  config: string | (() => string) = '',
  entry?: string,
): OperatorFixture {
  let running: RunningOperator | undefined;
  let directory = '';
  const applied = new Set<string>();

  const start = async () => {
    const kubeconfig = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
    const operator = await startOperator({
      kubeconfig,
      configFile: join(directory, 'config.yaml'),
      ...(entry === undefined ? {} : { entry }),
    });
    await eventually('the operator to be ready', async () => (await fetch(`${operator.url}/readyz`)).ok);
    return operator;
  };

  before('start the operator', async function () {
    this.timeout(60_000);
    directory = await mkdtemp(join(tmpdir(), 'operator-'));
    await writeFile(
      join(directory, 'config.yaml'),
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nnamespaces: {include: [${fixture.namespace}]}\n${typeof config === 'string' ? config : config()}`,
    );
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
    running = await start();
  });

  after('stop the operator', async function () {
    this.timeout(60_000);
    await running?.stop();
    if (applied.size > 0) {
      await fixture.plane.kubectl(['delete', 'luaplugin', ...applied, '--ignore-not-found']);
    }
    await rm(directory, { recursive: true, force: true });
  });

  const current = () => {
    if (running === undefined) throw new Error('The operator is there in hooks and tests only.');
    return running;
  };
  const getPlugin = async (name: string) => {
    const { stdout } = await fixture.plane.kubectl(['get', 'luaplugin', name, '-o', 'json']);
    return JSON.parse(stdout) as LuaPlugin;
  };
  return {
    get operator() {
      return current();
    },
    restart: async (signal) => {
      const code = await current().stop(signal);
      running = await start();
      return code;
    },
    applyPlugin: async (name, spec) => {
      applied.add(name);
      const match = { namespaces: { include: [fixture.namespace] } };
      await fixture.plane.kubectl(['apply', '-f', '-'], {
        input: JSON.stringify({
          apiVersion: 'luaplugin.dev/v1alpha1',
          kind: 'LuaPlugin',
          metadata: { name },
          spec: { match, ...spec },
        }),
      });
    },
    getPlugin,
    conditionsOf: async (name) => {
      const { status } = await eventually(
        `the status of ${name} to speak of its latest generation`,
        async () => {
          const plugin = await getPlugin(name);
          return plugin.status?.observedGeneration === plugin.metadata.generation && plugin;
        },
      );
      const conditions = status?.conditions ?? [];
      return Object.fromEntries(
        conditions.map((one) => [one.type, `${one.status} ${one.reason}: ${one.message}`]),
      );
    },
    workloadOf: async (pod) => {
      const path = `/api/v1/namespaces/${fixture.namespace}/pods/${pod}`;
      const { metadata } = await fixture.plane.api.request<{ metadata: Annotated }>('GET', path);
      const { annotations = {} } = metadata;
      const type = annotations['luaplugin.dev/workload-type'];
      const name = annotations['luaplugin.dev/workload-name'];
      return type === undefined ? '' : `${type} ${name} by ${annotations['luaplugin.dev/resolved-by']}`;
    },
    metric: async (series) => {
      const text = await (await fetch(`${current().url}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
  };
}

interface Annotated {
  readonly annotations?: Readonly<Record<string, string>>;
}
