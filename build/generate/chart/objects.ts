/**
 * The objects of config/ as templates of the Helm chart. Most differ between the two in names only; those are made
 * here, so that what config/ says is said once. What depends on values in more ways is written by hand, beside
 * `generated/` in the chart's templates.
 */

/** A file of objects, and its place in the chart. */
export interface Source {
  /** Its path in the repository. */
  readonly file: string;
  /** The template's name. */
  readonly template: string;
  /** When the chart has its objects, as a condition of Helm's templates; for each kind. Undefined: always. */
  readonly when?: string | ((kind: string) => string | undefined);
  /** The chart's helper for the labels, when it is not `labels`. */
  readonly labels?: string;
  /** What stands there, and what the chart says in its place; each must be found. */
  readonly replace?: readonly (readonly [found: string, template: string])[];
}

const chart = 'lua-plugin-operator';
const fullName = `{{ include "${chart}.fullname" . }}`;
const serviceAccount = `{{ include "${chart}.serviceAccountName" . }}`;
const namespace = '{{ .Release.Namespace }}';

const webhook = '(.Values.config.webhook).enabled';
const certManager = `and ${webhook} .Values.certManager.enabled`;
const selfMade = `and ${webhook} (not .Values.certManager.enabled)`;
const secureMetrics = '((.Values.config.http).secureMetrics).enabled';

/** An object whose namespace is set by its kustomization. */
const inNamespace = [
  `  name: ${chart}\n  labels:`,
  `  name: ${chart}\n  namespace: luaplugin-system\n  labels:`,
] as const;

/** How Prometheus asks for metrics over TLS; behind an endpoint's other fields. */
const secureScrape = `      {{- if ${secureMetrics} }}
      {{- include "${chart}.secureScrape" . | nindent 6 }}
      {{- end }}
`;

export const sources: readonly Source[] = [
  {
    file: 'crds/luaplugins.yaml',
    template: 'crd.yaml',
    when: '.Values.crds.install',
    replace: [
      [
        '  name: luaplugins.luaplugin.dev\n',
        '  name: luaplugins.luaplugin.dev\n' +
          '  {{- if .Values.crds.keep }}\n  annotations:\n    helm.sh/resource-policy: keep\n  {{- end }}\n',
      ],
    ],
  },
  { file: 'config/base/rbac.yaml', template: 'rbac.yaml' },
  { file: 'config/base/known-owners.yaml', template: 'known-owners.yaml', when: '.Values.knownOwners' },
  { file: 'config/daemonset/rbac.yaml', template: 'node-reports.yaml', when: 'eq .Values.mode "daemonset"' },
  {
    file: 'config/base/service.yaml',
    template: 'service.yaml',
    replace: [
      [
        '      port: 8080\n      targetPort: http\n',
        `      {{- if ${secureMetrics} }}\n      port: 8443\n      targetPort: https-metrics\n` +
          '      {{- else }}\n      port: 8080\n      targetPort: http\n      {{- end }}\n',
      ],
    ],
  },
  { file: 'config/secure-metrics/rbac.yaml', template: 'metrics-auth.yaml', when: secureMetrics },
  {
    file: 'config/secure-metrics/reader.yaml',
    template: 'metrics-reader.yaml',
    when: secureMetrics,
    replace: [
      [`service-account.name: ${chart}-metrics-reader`, `service-account.name: ${fullName}-metrics-reader`],
    ],
  },
  {
    file: 'config/base/webhook.yaml',
    template: 'webhook.yaml',
    // With cert-manager neither the Secret nor the caBundle is the operator's.
    when: (kind) => (kind === 'Service' ? webhook : selfMade),
    replace: [
      [`resourceNames: [${chart}]`, `resourceNames: [${fullName}]`],
      [`resourceNames: [${chart}-webhook]`, `resourceNames: [${fullName}-webhook]`],
    ],
  },
  {
    file: 'config/webhook/validating-webhook.yaml',
    template: 'validating-webhook.yaml',
    when: webhook,
    replace: [
      [
        `  name: ${chart}\n  labels:`,
        `  name: ${chart}\n  {{- if .Values.certManager.enabled }}\n  annotations:\n` +
          `    cert-manager.io/inject-ca-from: ${namespace}/${fullName}-webhook\n  {{- end }}\n  labels:`,
      ],
    ],
  },
  {
    file: 'config/cert-manager/certificate.yaml',
    template: 'certificate.yaml',
    when: certManager,
    replace: [[`${chart}-webhook.luaplugin-system.svc`, `${fullName}-webhook.${namespace}.svc`]],
  },
  {
    file: 'config/policy/pods.yaml',
    template: 'policy.yaml',
    when: '.Values.policy.enabled',
    replace: [
      [
        `system:serviceaccount:luaplugin-system:${chart}`,
        `system:serviceaccount:${namespace}:${serviceAccount}`,
      ],
      [
        `"'luaplugin.dev'"`,
        `{{ .Values.config.annotationPrefix | default "luaplugin.dev" | squote | quote }}`,
      ],
      [`expression: '[]'`, `expression: {{ include "${chart}.mirrored" . | quote }}`],
    ],
  },
  {
    file: 'config/high-availability/pod-disruption-budget.yaml',
    template: 'pod-disruption-budget.yaml',
    when: 'and (eq .Values.mode "deployment") (gt (int .Values.replicas) 1)',
  },
  {
    file: 'config/network-policy/network-policy.yaml',
    template: 'network-policy.yaml',
    when: '.Values.networkPolicy.enabled',
    replace: [
      [
        '        - { protocol: TCP, port: https-metrics }\n',
        '        - { protocol: TCP, port: https-metrics }\n      {{- with .Values.networkPolicy.metricsFrom }}\n' +
          '      from:\n        {{- toYaml . | nindent 8 }}\n      {{- end }}\n',
      ],
      [
        '        - { protocol: TCP, port: 443 }\n        - { protocol: TCP, port: 6443 }\n',
        '        {{- range .Values.networkPolicy.apiServerPorts }}\n' +
          '        - { protocol: TCP, port: {{ . }} }\n        {{- end }}\n',
      ],
      [
        '        - { protocol: TCP, port: 53 }\n',
        '        - { protocol: TCP, port: 53 }\n    {{- with .Values.networkPolicy.extraEgress }}\n' +
          '    {{- toYaml . | nindent 4 }}\n    {{- end }}\n',
      ],
    ],
  },
  {
    file: 'config/monitoring/service-monitor.yaml',
    template: 'service-monitor.yaml',
    when: '.Values.monitoring.serviceMonitor.enabled',
    labels: 'monitoringLabels',
    replace: [inNamespace, ['      interval: 30s\n', `      interval: 30s\n${secureScrape}`]],
  },
  {
    file: 'config/monitoring/pod-monitor.yaml',
    template: 'pod-monitor.yaml',
    when: '.Values.monitoring.podMonitor.enabled',
    labels: 'monitoringLabels',
    replace: [
      ['port: http\n', `port: {{ ${secureMetrics} | ternary "https-metrics" "http" }}\n`],
      ['      interval: 30s\n', `      interval: 30s\n${secureScrape}`],
    ],
  },
  {
    file: 'config/monitoring/prometheus-rule.yaml',
    template: 'prometheus-rule.yaml',
    when: '.Values.monitoring.prometheusRule.enabled',
    labels: 'monitoringLabels',
    replace: [inNamespace],
  },
];

/** Labels that the chart's helper gives to every object. */
const commonLabel = /^ {4}app\.kubernetes\.io\/(name|part-of|version): .*\n/gm;

/**
 * The template of a source.
 * @param text the source's content
 * @param command what makes the template, for its first line
 * @throws when the source no longer says what the chart replaces, or names the namespace where the chart does not
 * replace it
 */
export function templateOf(source: Source, text: string, command: string): string {
  for (const [found] of source.replace ?? []) {
    if (!text.includes(found))
      throw new Error(`${source.file}: the chart replaces what is not there: ${found}`);
  }
  const documents = text.split(/^---\n/m).map((document) => documentTemplate(source, document));
  const note = `Made from ${source.file} by \`${command}\`; change that file, then run it.`;
  return `{{- /* ${note} */ -}}\n${documents.join('')}`;
}

function documentTemplate(source: Source, document: string): string {
  const { labels = 'labels', when } = source;
  const [, kind = ''] = /^kind: (\w+)$/m.exec(document) ?? [];
  const condition = typeof when === 'function' ? when(kind) : when;
  const object = withReleaseNames(withReplacements(source, withoutActions(document))).replace(
    /^(metadata:\n(?: {2}.*\n)*? {2}labels:\n)((?: {4}.*\n)+)/m,
    (_, before: string, own: string) =>
      `${before}    {{- include "${chart}.${labels}" . | nindent 4 }}\n${own.replaceAll(commonLabel, '')}`,
  );
  if (object.includes('luaplugin-system')) {
    throw new Error(`${source.file}: ${kind}: a namespace that the chart does not replace`);
  }
  return condition === undefined ? `---\n${object}` : `{{- if ${condition} }}\n---\n${object}{{- end }}\n`;
}

/** Prometheus' templates are none of Helm's. */
function withoutActions(document: string): string {
  return document.replaceAll(/\{\{.*?\}\}/g, (action) => `{{\`${action}\`}}`);
}

function withReplacements({ replace = [] }: Source, document: string): string {
  return replace.reduce((text, [found, template]) => text.replaceAll(found, () => template), document);
}

function withReleaseNames(document: string): string {
  return document
    .replaceAll(/^( *)namespace: luaplugin-system$/gm, `$1namespace: ${namespace}`)
    .replaceAll(
      new RegExp(`^( *- kind: ServiceAccount\\n +name: )${chart}$`, 'gm'),
      (_, before: string) => before + serviceAccount,
    )
    .replaceAll(
      new RegExp(`^( *(?:- )?(?:name|secretName|policyName): )${chart}((?:-[a-z]+)*)$`, 'gm'),
      (_, before: string, rest: string) => `${before}${fullName}${rest}`,
    );
}
