{{- /* What the names of all objects begin with. `-leader-election` must still fit behind it. */ -}}
{{- define "lua-plugin-operator.fullname" -}}
{{- $fromRelease := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- .Values.fullnameOverride | default $fromRelease | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "lua-plugin-operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "lua-plugin-operator.fullname" .) -}}
{{- end -}}

{{- /* By which Services, monitors and policies find the Pods; a Deployment's can't be changed later. */ -}}
{{- define "lua-plugin-operator.selector" -}}
app.kubernetes.io/name: lua-plugin-operator
app.kubernetes.io/component: operator
{{- end -}}

{{- /* Of every object, but for its component. */ -}}
{{- define "lua-plugin-operator.labels" -}}
{{- $own := dict
  "app.kubernetes.io/name" "lua-plugin-operator"
  "app.kubernetes.io/part-of" "lua-plugin-operator"
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- merge $own (omit (.Values.commonLabels | default dict) "app.kubernetes.io/component") | toYaml -}}
{{- end -}}

{{- define "lua-plugin-operator.monitoringLabels" -}}
{{- $own := include "lua-plugin-operator.labels" . | fromYaml -}}
{{- merge $own (omit (.Values.monitoring.labels | default dict) "app.kubernetes.io/component") | toYaml -}}
{{- end -}}

{{- /* Of the Pods. Nothing here changes with the chart's version alone, which would replace them. */ -}}
{{- define "lua-plugin-operator.podLabels" -}}
{{- $own := include "lua-plugin-operator.selector" . | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "lua-plugin-operator" -}}
{{- $_ := set $own "app.kubernetes.io/instance" .Release.Name -}}
{{- $_ := set $own "app.kubernetes.io/version" .Chart.AppVersion -}}
{{- merge $own (.Values.podLabels | default dict) (.Values.commonLabels | default dict) | toYaml -}}
{{- end -}}

{{- define "lua-plugin-operator.image" -}}
{{- with .Values.image -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{- /* What the policy lets the operator mirror, as a list of CEL. */ -}}
{{- define "lua-plugin-operator.mirrored" -}}
{{- $mirrored := list -}}
{{- range list "labels" "openTelemetry" -}}
{{- if get ($.Values.config.mirror | default dict) . -}}
{{- $mirrored = append $mirrored (squote .) -}}
{{- end -}}
{{- end -}}
[{{ join ", " $mirrored }}]
{{- end -}}

{{- /* An endpoint's fields for metrics over TLS. A certificate that the operator made itself nobody can check. */ -}}
{{- define "lua-plugin-operator.secureScrape" -}}
scheme: https
authorization:
  type: Bearer
  credentials:
    name: {{ include "lua-plugin-operator.fullname" . }}-metrics-reader
    key: token
tlsConfig:
  {{- .Values.secureMetrics.tlsConfig | default (dict "insecureSkipVerify" true) | toYaml | nindent 2 }}
{{- end -}}

{{- /* Where the certificate of cert-manager is mounted. */ -}}
{{- define "lua-plugin-operator.certDirectory" -}}/etc/lua-plugin-operator-webhook{{- end -}}

{{- /* Where that of the metrics is. */ -}}
{{- define "lua-plugin-operator.metricsCertDirectory" -}}/etc/lua-plugin-operator-metrics{{- end -}}

{{- /* An option's duration in milliseconds. */ -}}
{{- define "lua-plugin-operator.milliseconds" -}}
{{- mul (regexFind "^[0-9]+" .) (get (dict "ms" 1 "s" 1000 "m" 60000) (regexFind "[a-z]+$" .)) -}}
{{- end -}}

{{- /* The operator's config file: the values' config, and what follows from the other values. */ -}}
{{- define "lua-plugin-operator.config" -}}
{{- $config := mergeOverwrite (deepCopy .Values.config) (dict "apiVersion" "config.luaplugin.dev/v1alpha1" "kind" "OperatorConfig") -}}
{{- $webhook := dict -}}
{{- if .Values.certManager.enabled -}}
{{- $_ := set $webhook "certDirectory" (include "lua-plugin-operator.certDirectory" .) -}}
{{- end -}}
{{- $name := include "lua-plugin-operator.fullname" . -}}
{{- if ne $name "lua-plugin-operator" -}}
{{- $_ := set $webhook "name" $name -}}
{{- end -}}
{{- if and $webhook ($config.webhook).enabled -}}
{{- $_ := set $config "webhook" (merge $webhook $config.webhook) -}}
{{- end -}}
{{- if and .Values.secureMetrics.certificateSecret (($config.http).secureMetrics).enabled -}}
{{- $_ := set $config.http.secureMetrics "certDirectory" (include "lua-plugin-operator.metricsCertDirectory" .) -}}
{{- end -}}
{{- /* A thousand nodes ask for the Lease; nobody waits for the elected one. */ -}}
{{- $times := pick ($config.leaderElection | default dict) "leaseDuration" "renewDeadline" "retryPeriod" -}}
{{- if and (eq .Values.mode "daemonset") (not $times) -}}
{{- $slow := dict "leaseDuration" "60s" "renewDeadline" "40s" "retryPeriod" "15s" -}}
{{- $_ := set $config "leaderElection" (merge $slow ($config.leaderElection | default dict)) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}
