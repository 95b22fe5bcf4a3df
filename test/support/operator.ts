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

/**
 * An election for tests, as a line of the config file: an instance that is held up for seconds, as on a busy machine,
 * leads on; one that died is followed soon.
 */
export const leaderElection =
  'leaderElection: {enabled: true, leaseDuration: 8s, renewDeadline: 6s, retryPeriod: 500ms}';

/** So long that no call of an honest script takes it, however busy the machine is: what is late is retried much later. */
export const patientLimits = { timeout: '5s' };

/** What `useOperator` gives to the tests of a `describe`; only inside hooks and tests. */
export interface OperatorFixture {
  readonly operator: RunningOperator;
  /** Ends the operator and starts another; resolves when that is ready. @returns the exit code of the first */
  restart(signal?: NodeJS.Signals): Promise<number | null>;
  /** Applies a LuaPlugin, by default for this test's namespace only and with patientLimits; it is deleted afterwards. */
  applyPlugin(name: string, spec: Readonly<Record<string, unknown>>): Promise<void>;
  getPlugin(name: string): Promise<LuaPlugin>;
  /** `Ready=True Serving` and so on; waits until the operator has looked at the latest generation. */
  conditionsOf(name: string): Promise<Readonly<Record<string, string>>>;
  /** The annotations of the operator on a Pod of this namespace: `Deployment web by standard`; empty without. */
  workloadOf(pod: string): Promise<string>;
  /** The value of a series on /metrics; undefined when it is not there. */
  metric(series: string): Promise<number | undefined>;
  /** Resolves once no Pod is queued or worked on, so that all writes so far are counted. */
  podsDone(): Promise<unknown>;
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

  before('start the operator', async () => {
    directory = await mkdtemp(join(tmpdir(), 'operator-'));
    await writeFile(
      join(directory, 'config.yaml'),
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nnamespaces: {include: [${fixture.namespace}]}\n${typeof config === 'string' ? config : config()}`,
    );
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
    running = await start();
  });

  after('stop the operator', async () => {
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
  const metric = async (series: string) => {
    const text = await (await fetch(`${current().url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
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
      const defaults = { match: { namespaces: { include: [fixture.namespace] } }, limits: patientLimits };
      await fixture.plane.kubectl(['apply', '-f', '-'], {
        input: JSON.stringify({
          apiVersion: 'luaplugin.dev/v1alpha1',
          kind: 'LuaPlugin',
          metadata: { name },
          spec: { ...defaults, ...spec },
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
    metric,
    podsDone: async () => {
      // On a busy machine /metrics is the same page for seconds: what it says has to be of now.
      const cpuSeconds = 'process_cpu_seconds_total';
      const before = (await metric(cpuSeconds)) ?? 0;
      await eventually('a new page of metrics', async () => ((await metric(cpuSeconds)) ?? 0) > before);
      await eventually(
        'the queue of Pods to be empty',
        async () =>
          (await metric('workqueue_depth{name="pod"}')) === 0 &&
          (await metric('controller_runtime_active_workers{controller="pod"}')) === 0,
      );
    },
  };
}

interface Annotated {
  readonly annotations?: Readonly<Record<string, string>>;
}
