import { configSchema } from '../../../operator/config/options.ts';

/** JSON Schema, draft 7, as Helm checks values with it. */
type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const texts = { type: 'object', additionalProperties: text } as const;
/** Given to Kubernetes as it is; the API server checks it. */
const object = { type: 'object' } as const;
const objects = { type: 'array', items: object } as const;
const named = { type: 'array', items: { type: 'object', required: ['name'] } } as const;
const names = { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[^*]*$' } } as const;

/** An object that knows its keys. */
function section(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', additionalProperties: false, properties };
}

/** The options that the chart sets itself, from its other values. */
const ownOptions = ['nodeName', 'webhook.certDirectory', 'webhook.name', 'http.secureMetrics.certDirectory'];

/**
 * The operator's options as a part of the values. Defaults are left out: Helm fills in none, and those that the chart
 * sets are in values.yaml.
 */
function optionsSchema(schema: Schema, path = ''): Schema {
  const { default: _, required, properties, ...rest } = schema;
  if (properties === undefined) return required === undefined ? rest : { ...rest, required };
  const own = Object.entries(properties as Readonly<Record<string, Schema>>).flatMap(([name, option]) => {
    const place = path === '' ? name : `${path}.${name}`;
    return ownOptions.includes(place) ? [] : [[name, optionsSchema(option, place)]];
  });
  return { ...rest, properties: Object.fromEntries(own) };
}

/** The schema of the chart's values. What each value means is said in values.yaml. */
export const valuesSchema: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: "The values of lua-plugin-operator's chart",
  ...section({
    // What Helm hands to every chart that is part of another.
    global: object,
    fullnameOverride: { type: 'string', maxLength: 52, pattern: '^([a-z]([-a-z0-9]*[a-z0-9])?)?$' },
    commonLabels: texts,
    image: section({
      repository: { type: 'string', minLength: 1 },
      tag: text,
      digest: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
      pullPolicy: { type: 'string', enum: ['', 'Always', 'IfNotPresent', 'Never'] },
    }),
    imagePullSecrets: {
      type: 'array',
      items: { ...section({ name: { type: 'string', minLength: 1 } }), required: ['name'] },
    },
    mode: { type: 'string', enum: ['deployment', 'daemonset'] },
    replicas: { type: 'integer', minimum: 0 },
    config: optionsSchema(configSchema),
    secureMetrics: section({ certificateSecret: text, tlsConfig: object }),
    certManager: section({ enabled: flag }),
    policy: section({ enabled: flag }),
    crds: section({ install: flag, keep: flag }),
    library: section({ enabled: flag }),
    serviceAccount: section({
      create: flag,
      name: { type: 'string', maxLength: 253, pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$' },
      annotations: texts,
    }),
    knownOwners: flag,
    ownerRules: {
      type: 'array',
      items: { ...section({ apiGroups: names, resources: names }), required: ['apiGroups', 'resources'] },
    },
    resources: section({ requests: object, limits: object }),
    env: named,
    extraVolumes: named,
    extraVolumeMounts: named,
    podAnnotations: texts,
    podLabels: texts,
    nodeSelector: texts,
    tolerations: objects,
    affinity: object,
    topologySpreadConstraints: objects,
    priorityClassName: text,
    networkPolicy: section({
      enabled: flag,
      metricsFrom: objects,
      apiServerPorts: {
        type: 'array',
        minItems: 1,
        items: { type: 'integer', minimum: 1, maximum: 65_535 },
      },
      extraEgress: objects,
    }),
    monitoring: section({
      labels: texts,
      serviceMonitor: section({ enabled: flag }),
      podMonitor: section({ enabled: flag }),
      prometheusRule: section({ enabled: flag }),
      dashboard: section({ enabled: flag, labels: texts }),
    }),
  }),
};
