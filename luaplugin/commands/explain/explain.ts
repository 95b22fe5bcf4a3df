import { compileGlobs } from '../../../operator/api/selectors.ts';
import { ConfigError, loadConfig, type OperatorConfig, ownsPods } from '../../../operator/config/config.ts';
import { Discovery } from '../../../operator/kube/client/discovery.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { parseMetadata, seenMetadata } from '../../../operator/pods/store/pod.ts';
import { retryingSandbox } from '../../../operator/sandbox/retrying-sandbox.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { FollowedOwners } from '../../../operator/workloads/followed-owners.ts';
import { ConfiguredKinds } from '../../../operator/workloads/kind-rules.ts';
import { OwnerReader } from '../../../operator/workloads/owner-reader.ts';
import { type Cluster, withCluster } from '../../cluster/connect.ts';
import { listPlugins } from '../../cluster/plugins.ts';
import { structured } from '../../output/format.ts';
import { CommandError, exitCodes } from '../../program/errors.ts';
import type { Io } from '../../program/io.ts';
import type { ClusterOptions, OutputOptions } from '../../program/options.ts';
import { withSandbox } from '../../sandbox.ts';
import { askCandidates } from './ask-plugins.ts';
import { candidateOf } from './candidate-plugin.ts';
import { carriedAnnotations } from './carried-annotations.ts';
import {
  type PodReference,
  podReference,
  readNamespaceLabels,
  readPod,
  readServing,
  readWriteRefusals,
} from './cluster-state.ts';
import { followOwners } from './owner-chain.ts';
import { type Explanation, explanationText, pluginLine } from './report.ts';
import { judge } from './verdict.ts';

export interface ExplainOptions extends ClusterOptions, OutputOptions {
  readonly namespace?: string;
  /** The operator's config file. */
  readonly config?: string;
  readonly operatorNamespace: string;
}

/** Tells why a Pod carries its workload. @throws UsageError, CommandError also when there is no such Pod */
export async function explain(_kind: 'pod', pod: string, options: ExplainOptions, io: Io): Promise<void> {
  const config = await readConfig(options.config);
  const explanation = await withCluster(options, (cluster) => {
    const reference = podReference(pod, options.namespace, cluster.namespace);
    return explainPod(reference, config, options, cluster, io);
  });
  const { output } = options;
  io.stdout.write(output === 'table' ? explanationText(explanation) : await structured(explanation, output));
}

async function readConfig(path: string | undefined): Promise<OperatorConfig> {
  try {
    return await loadConfig(path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandError(error.message, { cause: error }, exitCodes.usage);
  }
}

async function explainPod(
  reference: PodReference,
  config: OperatorConfig,
  options: Pick<ExplainOptions, 'config' | 'operatorNamespace'>,
  { client }: Cluster,
  io: Io,
): Promise<Explanation> {
  const pod = await readPod(client, reference);
  const { namespace, name } = reference;
  const keys = new AnnotationKeys(config.annotationPrefix, config.mirror);
  const plugins = await listPlugins(client);
  const labels = await readNamespaceLabels(client, namespace);
  const namespaceLabels = (name: string) => (name === namespace ? labels : undefined);
  const serving = await readServing(plugins, { client, namespace: options.operatorNamespace, io });
  const carried = keys.read(pod.metadata);
  const meta = parseMetadata(seenMetadata(pod, keys, carried));
  const candidates = plugins
    .map((plugin) =>
      candidateOf({ plugin, pod: meta, namespaceLabels, stored: serving.get(plugin.metadata.name) }),
    )
    // As PluginSet has them.
    .sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));

  const discovery = new Discovery({ client });
  const common = { logger: silentLogger, clock: systemClock };
  const reader = new OwnerReader({ ...common, client, discovery });
  const owners = new FollowedOwners({ ...common, reader });
  const kinds = new ConfiguredKinds({
    resources: config.resources.filter(ownsPods),
    standardWorkload: config.standardWorkload,
    discovery,
  });
  const chain = await followOwners(meta, owners, kinds);
  const about = { candidates, pod, keys, owners, kinds, config };
  const asked = await withSandbox(
    1,
    (sandbox) => askCandidates({ ...about, sandbox: retryingSandbox(sandbox) }),
    config.allowedTypes.length > 0 ? config.allowedTypes : undefined,
  );
  const annotations = carriedAnnotations(pod.metadata, keys);
  const verdict = judge({
    namespace,
    isInScope: compileGlobs(config.namespaces)(namespace),
    isBeingDeleted: pod.metadata.deletionTimestamp !== undefined,
    isFinished: pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed',
    skipsFinished: options.config === undefined ? undefined : config.skipFinishedPods,
    refusals: await readWriteRefusals(client, namespace),
    carried,
    // Without its config what stands there may well be wanted.
    mirror: options.config === undefined ? undefined : keys.mirror,
    annotations,
    candidates,
    asked,
    chain,
  });
  const { workload, ...way } = chain;
  return {
    pod: { namespace, name, uid: pod.metadata.uid },
    plugins: candidates.map((candidate) => pluginLine(candidate, asked)),
    standard: { type: workload.type, name: workload.name, ...way },
    annotations,
    verdict,
  };
}
