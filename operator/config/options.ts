import { type LogLevel, logLevels } from '../observability/logging.ts';

/** The operator's options, with every default filled in. */
export interface OperatorConfig {
  /**
   * What the operator's annotations on Pods begin with, before the slash: a DNS subdomain of at most 253
   * characters, but none of Kubernetes' own (kubernetes.io, k8s.io and below). Two operators in one cluster need two
   * prefixes. Default: luaplugin.dev.
   */
  readonly annotationPrefix: string;
  /**
   * The namespaces whose Pods the operator looks after, as globs of their names (`*` any characters, at most four
   * of them, `?` one). An empty `include` means all; `exclude` wins. A plugin's own `match.namespaces` narrows
   * this further. Default: all.
   */
  readonly namespaces: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  /**
   * Whether a Pod that no plugin resolves gets the workload that its owner references lead to. False: such a Pod
   * carries no annotations. Default: true.
   */
  readonly standardResolution: boolean;
  /**
   * What standard resolution takes where an operator owns the Pod's Deployment or StatefulSet. `nearest`: the
   * Deployment or StatefulSet. `topmost`: what owns it, and it only where nothing above it is a workload; that takes
   * `get` on both, and one read for each. An entry of `resources` with `follow` wins. Default: nearest.
   */
  readonly standardWorkload: 'nearest' | 'topmost';
  /**
   * Which resources standard resolution takes for workloads, in addition to the built-in ones and over them. The
   * entries of DeepFlow's `api_resources` can be pasted in; of their keys `version` and `field_selector` mean
   * nothing here, and an entry switches no other one off. Of two entries for a resource the one with a group wins.
   * Entries that can name no workload (see ownsPods) do nothing. Without effect while standardResolution is
   * false. Default: none.
   */
  readonly resources: readonly ResourceOption[];
  /**
   * The only workload types that a Pod may get; an answer of another type is an error of the plugin
   * (`invalid_result`), and none from standard resolution. Empty allows every type. Default: empty.
   */
  readonly allowedTypes: readonly string[];
  /**
   * How many Pods are worked on at the same time, and so how many writes are on their way to the API server:
   * 1 to 1024. Default: 64.
   */
  readonly concurrency: number;
  /**
   * How many Pods are written in a second at the most, for an API server that has other things to do: 0 to 10,000.
   * 0 means no limit of the operator's own; the API server's priority and fairness holds all the same. Default: 0.
   */
  readonly writesPerSecond: number;
  /**
   * Whether Pods that have finished (their phase is Succeeded or Failed) are left out of the watch. Where many Jobs run
   * that spares memory and the writes that a plugin's change costs. A finished Pod keeps the annotations that it has,
   * and is counted no more; one that finishes before it was written stays without. Default: false.
   */
  readonly skipFinishedPods: boolean;
  /** The process that runs the plugins' Lua. */
  readonly sandbox: {
    /**
     * Bytes that all plugins' Lua states may grow by together, above the 1.5 MiB each begins with; 0 lets none grow.
     * A plugin that would need more fails with `memory`. The container's limit has to leave room for it. Default:
     * 256Mi.
     */
    readonly memoryBytes: number;
  };
  /**
   * Where else on the Pod the workload is written, for tools that do not read the annotations. What somebody else set
   * there stays. What was written is removed when the option is switched off. The policy of `config/policy` has to
   * allow it.
   */
  readonly mirror: {
    /**
     * Type and name as labels too, under the annotations' keys. A name that can be no label (more than 63 characters,
     * or others than a label may have) gets none. Default: false.
     */
    readonly labels: boolean;
    /**
     * `resource.opentelemetry.io/k8s.statefulset.name` and its like, by OpenTelemetry's conventions; for types that
     * these have no attribute for, `k8s.workload.kind` and `k8s.workload.name`. Never `service.name`. Of several
     * operators in a cluster one may. Default: false.
     */
    readonly openTelemetry: boolean;
  };
  /**
   * How several replicas agree on the one that works, by a Lease. With nodeName all work, and one is elected to
   * report on the plugins.
   */
  readonly leaderElection: {
    /** False: this replica works at once, and must be the only one. Default: false. */
    readonly enabled: boolean;
    /**
     * How long a silent leader is waited for. Longer than renewDeadline. With nodeName also how often each instance
     * shows that it lives: one that is silent three times as long is gone; and six times as often a report that
     * changed is written. Default: 15s.
     */
    readonly leaseDurationMs: number;
    /** How long a leader that can't renew goes on. Longer than retryPeriod. Default: 10s. */
    readonly renewDeadlineMs: number;
    /** The time between two attempts to take or renew the Lease. Default: 2s. */
    readonly retryPeriodMs: number;
  };
  /**
   * The node whose Pods this instance looks after, for one instance on each node; the flag --node-name wins.
   * Undefined: the Pods of all nodes. Needs leaderElection. Default: undefined.
   */
  readonly nodeName: string | undefined;
  /** The validating webhook, which refuses plugins that could never serve when somebody applies them. */
  readonly webhook: {
    /** Default: false; config/base has it on. */
    readonly enabled: boolean;
    /** As http.address. Default: `:9443`. */
    readonly address: string;
    /**
     * A folder with tls.crt and tls.key, as a mounted Secret has them; they are read again when they change, and who
     * made them sees to the caBundle. Undefined: the operator makes a certificate itself, keeps it in a Secret of its
     * own namespace, and writes the caBundle. Default: undefined.
     */
    readonly certDirectory: string | undefined;
    /**
     * The name of its ValidatingWebhookConfiguration, and with `-webhook` behind it that of the Service and of the
     * Secret: at most 52 characters. Default: lua-plugin-operator.
     */
    readonly name: string;
  };
  /** The server of /healthz, /readyz and, unless secureMetrics is enabled, /metrics. Anybody may ask it. */
  readonly http: {
    /**
     * `HOST:PORT`, or `:PORT` for all of the machine's addresses; an IPv6 host in brackets. Port 0 takes any
     * free one. Default: `:8080`.
     */
    readonly address: string;
    /**
     * /metrics over TLS, on a port of its own, for those who show a token with the right to get /metrics; as
     * controller-runtime's `--metrics-secure`. The operator needs the rights in config/secure-metrics for it.
     */
    readonly secureMetrics: {
      /** Default: false; the flag --secure-metrics wins. */
      readonly enabled: boolean;
      /** As http.address, and another port. Default: `:8443`. */
      readonly address: string;
      /**
       * As webhook.certDirectory. Undefined: each instance makes a certificate for itself, which scrapers can't check.
       * Default: undefined.
       */
      readonly certDirectory: string | undefined;
    };
  };
  /** Traces of the operator's own work, as OTLP over HTTP. Off by default; then nothing of it is loaded. */
  readonly tracing: {
    /**
     * The collector, without the path `/v1/traces`: `http://collector:4318`. Undefined: what the environment's
     * OTEL_EXPORTER_OTLP_ENDPOINT says, else `http://localhost:4318`. Default: undefined.
     */
    readonly endpoint: string | undefined;
    /** Of a million reconciliations so many are traced, as Kubernetes' components have it; 0: none. Default: 0. */
    readonly samplingRatePerMillion: number;
  };
  /** The least that is logged; `info` is a line for each decision, `debug` one for each Pod. Default: info. */
  readonly logLevel: LogLevel;
}

/** One resource. */
export interface ResourceOption {
  /** The API group, empty for the core group; undefined means any group that has a resource of this name. */
  readonly group: string | undefined;
  /** The resource's plural name in lower case, for instance clonesets. */
  readonly name: string;
  /**
   * True: it is no workload. The walk along the owners goes on above it; where no workload is there, or none can be
   * read, the one below it counts, at last the Pod itself. False: it is a workload, and unless the built-in table
   * has it otherwise the walk ends there. Default: false.
   */
  readonly disabled: boolean;
  /** The workload type that it counts as; undefined means its own kind. */
  readonly type: string | undefined;
  /**
   * True: it counts only where nothing above it is a workload, which takes `get` on it. False: it counts, whatever owns
   * it. Not together with `disabled`. Undefined: true for the helper objects of the built-in table, and as
   * standardWorkload says for Deployments and StatefulSets. Default: undefined.
   */
  readonly follow: boolean | undefined;
}

export const configApiVersion = 'config.luaplugin.dev/v1alpha1';
export const configKind = 'OperatorConfig';

// A description says what the value must be; it takes the place of the pattern in error messages.
const globs = {
  type: 'array',
  default: [],
  maxItems: 1000,
  items: {
    type: 'string',
    minLength: 1,
    maxLength: 63,
    pattern: '^[-a-z0-9?]*([*][-a-z0-9?]*){0,4}$',
    description: "a namespace's name or a glob, * for any characters (at most four of them) and ? for one",
  },
} as const;
const workloadType = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9]{0,62}$',
  description: 'a kind, for instance StatefulSet',
} as const;
const flag = (byDefault: boolean) => ({ type: 'boolean', default: byDefault }) as const;
const duration = (byDefault: string) =>
  ({
    type: 'string',
    default: byDefault,
    pattern: '^[1-9][0-9]{0,5}(ms|s|m)$',
    description: `a duration of whole ms, s or m, for instance ${byDefault}`,
  }) as const;
/** Ports go up to 65535. */
const port = '(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5]?[0-9]{1,4})';
const address = (byDefault: string) =>
  ({
    type: 'string',
    default: byDefault,
    pattern: `^([-.A-Za-z0-9]*|\\[[0-9A-Fa-f:.]+\\]):${port}$`,
    description: `HOST:PORT or :PORT with a port up to 65535, for instance ${byDefault}`,
  }) as const;
const directory = { type: 'string', minLength: 1, maxLength: 4096 } as const;
const ignored = { type: 'string' } as const;

/** Where /healthz and /readyz are served. */
export const httpAddressSchema = address(':8080');

/** A node's name is a DNS subdomain. */
export const nodeNameSchema = {
  type: 'string',
  maxLength: 253,
  pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
  description: "a node's name, as spec.nodeName of this instance's Pod has it",
} as const;

/** An object that knows its keys; one with a default may be left out whole. */
function section<P>(properties: P) {
  return { type: 'object', additionalProperties: false, default: {}, properties } as const;
}

/** The file's schema, in JSON Schema with ajv's defaults. What each option means is said at OperatorConfig. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['apiVersion', 'kind'],
  properties: {
    apiVersion: { type: 'string', enum: [configApiVersion] },
    kind: { type: 'string', enum: [configKind] },
    annotationPrefix: {
      type: 'string',
      default: 'luaplugin.dev',
      maxLength: 253,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      description: 'a DNS subdomain, for instance luaplugin.dev',
      not: {
        pattern: '(^|[.])(kubernetes|k8s)[.]io$',
        description: 'kubernetes.io, k8s.io or anything below them, which are reserved for Kubernetes itself',
      },
    },
    namespaces: section({ include: globs, exclude: globs }),
    standardResolution: flag(true),
    standardWorkload: { type: 'string', default: 'nearest', enum: ['nearest', 'topmost'] },
    resources: {
      type: 'array',
      default: [],
      maxItems: 1000,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          group: {
            type: 'string',
            maxLength: 253,
            pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$',
            description: 'an API group without its version, for instance apps.kruise.io, or core',
          },
          name: {
            type: 'string',
            pattern: '^[a-z][a-z0-9]{0,62}$',
            description: "a resource's plural name in lower case, for instance clonesets",
          },
          disabled: flag(false),
          type: workloadType,
          follow: { type: 'boolean' },
          version: ignored,
          field_selector: ignored,
          'field-selector': ignored,
        },
      },
    },
    allowedTypes: { type: 'array', default: [], maxItems: 1000, items: workloadType },
    concurrency: { type: 'integer', default: 64, minimum: 1, maximum: 1024 },
    writesPerSecond: { type: 'integer', default: 0, minimum: 0, maximum: 10_000 },
    skipFinishedPods: flag(false),
    sandbox: section({
      memory: {
        type: 'string',
        default: '256Mi',
        pattern: '^[0-9]{1,12}(Ki|Mi|Gi|k|M|G)?$',
        description: 'a quantity of bytes, for instance 256Mi',
      },
    }),
    mirror: section({ labels: flag(false), openTelemetry: flag(false) }),
    leaderElection: section({
      enabled: flag(false),
      leaseDuration: duration('15s'),
      renewDeadline: duration('10s'),
      retryPeriod: duration('2s'),
    }),
    nodeName: nodeNameSchema,
    webhook: section({
      enabled: flag(false),
      address: address(':9443'),
      certDirectory: directory,
      // With `-webhook` it is a Service's name, and a certificate's common name has at most 64 characters.
      name: {
        type: 'string',
        default: 'lua-plugin-operator',
        maxLength: 52,
        pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$',
        description: 'a name of lower-case letters, digits and hyphens, for instance lua-plugin-operator',
      },
    }),
    http: section({
      address: httpAddressSchema,
      secureMetrics: section({ enabled: flag(false), address: address(':8443'), certDirectory: directory }),
    }),
    tracing: section({
      endpoint: {
        type: 'string',
        maxLength: 2048,
        pattern: '^https?://[^\\s/?#]+(/[^\\s?#]*)?$',
        description: "the URL of a collector's OTLP over HTTP, for instance http://collector:4318",
      },
      samplingRatePerMillion: { type: 'integer', default: 0, minimum: 0, maximum: 1_000_000 },
    }),
    logLevel: { type: 'string', default: 'info', enum: logLevels },
  },
} as const;
