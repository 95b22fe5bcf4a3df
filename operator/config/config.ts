import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { LineCounter, parseDocument } from 'yaml';
import { parseDuration } from '../api/duration.ts';
import { errorMessage, errorSteps } from '../api/errors.ts';
import { withoutNulls } from '../api/nulls.ts';
import { parseQuantity } from '../api/quantity.ts';
import { parseAddress } from './address.ts';
import {
  configApiVersion,
  configKind,
  configSchema,
  httpAddressSchema,
  nodeNameSchema,
  type OperatorConfig,
} from './options.ts';
import { ownsPods, type ResourceInFile, resourceOption, resourceProblems } from './resources.ts';

export type { OperatorConfig, ResourceOption } from './options.ts';
export { ownsPods } from './resources.ts';

/** The config file can't be used; the message has a line for each problem, with the file and the place in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One line each. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** The file's content once ajv has filled the defaults; times are still text. */
interface ConfigFile
  extends Omit<
    OperatorConfig,
    'resources' | 'sandbox' | 'leaderElection' | 'nodeName' | 'webhook' | 'http' | 'tracing'
  > {
  readonly resources: readonly ResourceInFile[];
  readonly sandbox: { memory: string };
  readonly leaderElection: {
    enabled: boolean;
    leaseDuration: string;
    renewDeadline: string;
    retryPeriod: string;
  };
  readonly nodeName?: string;
  readonly webhook: TlsSection & { readonly name: string };
  readonly http: { address: string; secureMetrics: TlsSection };
  readonly tracing: { endpoint?: string; samplingRatePerMillion: number };
}

/** A server with a certificate. */
interface TlsSection {
  readonly enabled: boolean;
  readonly address: string;
  readonly certDirectory?: string;
}

const isConfigFile = new Ajv({ allErrors: true, useDefaults: true, verbose: true }).compile<ConfigFile>(
  configSchema,
);

/** Options of the command line that win over the file's; undefined means not given. */
export interface ConfigFlags {
  readonly nodeName?: string | undefined;
  /** True: http.secureMetrics is enabled. */
  readonly secureMetrics?: boolean | undefined;
  /** http.address */
  readonly httpAddress?: string | undefined;
}

/**
 * Reads the operator's options from a YAML or JSON file.
 * @param path undefined: every option has its default
 * @throws ConfigError when the file can't be read, is no YAML, or says something that the operator can't follow
 */
export async function loadConfig(path: string | undefined, flags: ConfigFlags = {}): Promise<OperatorConfig> {
  checkFlags(flags);
  if (path === undefined) {
    if (flags.nodeName !== undefined) {
      throw new ConfigError([
        '--node-name: needs an election of the instance that reports on the plugins: name a config file with "leaderElection: {enabled: true}" (--config)',
      ]);
    }
    return compile({ apiVersion: configApiVersion, kind: configKind }, 'the defaults', flags);
  }
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const what = error.code === 'ENOENT' ? 'there is no such file' : `can't be read (${error.code})`;
    throw new ConfigError([`${path}: ${what}; name a config file, or none to use the defaults`]);
  });
  return compile(parse(text, path), path, flags);
}

interface TextSchema {
  readonly maxLength?: number;
  readonly pattern: string;
  /** What it must be. */
  readonly description: string;
}

function checkFlags({ nodeName, httpAddress }: ConfigFlags): void {
  const problems = [
    ...flagProblems('--node-name', nodeName, nodeNameSchema),
    ...flagProblems('--http-address', httpAddress, httpAddressSchema),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
}

function flagProblems(flag: string, value: string | undefined, schema: TextSchema): string[] {
  if (value === undefined) return [];
  const { maxLength = Number.POSITIVE_INFINITY, pattern, description } = schema;
  if (value.length <= maxLength && new RegExp(pattern).test(value)) return [];
  return [
    `${flag}: must be ${description}; ${value === '' ? 'it is empty' : `not ${JSON.stringify(value)}`}`,
  ];
}

/**
 * The options that are set, but do nothing in this version of the operator: fit for a warning.
 * @returns their names
 */
export function withoutEffect(config: OperatorConfig): string[] {
  const { resources, tracing } = config;
  const isTraceless = tracing.endpoint !== undefined && tracing.samplingRatePerMillion === 0;
  const unused = new Set(resources.filter((one) => !ownsPods(one)).map(({ name }) => name));
  return [
    ...(isTraceless ? ['tracing.endpoint, while tracing.samplingRatePerMillion is 0'] : []),
    ...[...unused].map((name) => `resources: ${name}`),
  ];
}

const howToBegin = `begin it with "apiVersion: ${configApiVersion}" and "kind: ${configKind}"`;

function parse(text: string, path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ code, message, pos: [start] }) => {
        const { line, col } = lines.linePos(start);
        return `${path}:${line}:${col}: ${code === 'MULTIPLE_DOCS' ? 'a config file holds one document' : message}`;
      }),
    );
  }
  const file: unknown = document.toJS();
  if (file === null) throw new ConfigError([`${path}: the file is empty; ${howToBegin}`]);
  return withoutNulls(file, configSchema);
}

function compile(file: unknown, path: string, flags: ConfigFlags): OperatorConfig {
  if (!isConfigFile(file)) {
    throw new ConfigError(
      (isConfigFile.errors ?? []).map((error) => {
        const place = errorSteps(error).map((step) => `/${step}`);
        return `${path}: ${[place.join(''), errorMessage(error)].filter(Boolean).join(': ')}`;
      }),
    );
  }
  const { leaderElection } = file;
  const { secureMetrics } = file.http;
  const config: OperatorConfig = {
    annotationPrefix: file.annotationPrefix,
    namespaces: file.namespaces,
    standardResolution: file.standardResolution,
    standardWorkload: file.standardWorkload,
    resources: file.resources.map(resourceOption),
    allowedTypes: file.allowedTypes,
    concurrency: file.concurrency,
    writesPerSecond: file.writesPerSecond,
    skipFinishedPods: file.skipFinishedPods,
    sandbox: { memoryBytes: parseQuantity(file.sandbox.memory) },
    mirror: file.mirror,
    leaderElection: {
      enabled: leaderElection.enabled,
      leaseDurationMs: parseDuration(leaderElection.leaseDuration),
      renewDeadlineMs: parseDuration(leaderElection.renewDeadline),
      retryPeriodMs: parseDuration(leaderElection.retryPeriod),
    },
    nodeName: flags.nodeName ?? file.nodeName,
    webhook: { ...file.webhook, certDirectory: file.webhook.certDirectory },
    http: {
      address: flags.httpAddress ?? file.http.address,
      secureMetrics: {
        enabled: flags.secureMetrics || secureMetrics.enabled,
        address: secureMetrics.address,
        certDirectory: secureMetrics.certDirectory,
      },
    },
    tracing: { ...file.tracing, endpoint: file.tracing.endpoint },
    logLevel: file.logLevel,
  };
  const problems = contradictions(config, flags);
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${path}: ${problem}`));
  return config;
}

/** What the schema can't say: options that do not go together. */
function contradictions(config: OperatorConfig, flags: ConfigFlags): string[] {
  const { leaderElection, nodeName, resources, allowedTypes, webhook, http } = config;
  const { enabled, leaseDurationMs, renewDeadlineMs, retryPeriodMs } = leaderElection;
  const problems = resourceProblems(resources, allowedTypes);
  if (nodeName !== undefined && !enabled) {
    problems.push(
      '/leaderElection/enabled: must be true with a nodeName (--node-name): one instance is elected to report on the plugins',
    );
  }
  if (leaseDurationMs <= renewDeadlineMs) {
    problems.push('/leaderElection/renewDeadline: must be shorter than leaseDuration');
  }
  if (renewDeadlineMs <= retryPeriodMs) {
    problems.push('/leaderElection/retryPeriod: must be shorter than renewDeadline');
  }
  const servers = [
    {
      path: flags.httpAddress === undefined ? '/http/address' : '--http-address',
      enabled: true,
      address: http.address,
    },
    { path: '/webhook/address', ...webhook },
    { path: '/http/secureMetrics/address', ...http.secureMetrics },
  ].filter(({ enabled, address }) => enabled && parseAddress(address).port !== 0);
  for (const [index, { path, address }] of servers.entries()) {
    const taken = servers.slice(0, index).find((other) => other.address === address);
    if (taken !== undefined) problems.push(`${path}: must be another address than ${taken.path}`);
  }
  return problems;
}
