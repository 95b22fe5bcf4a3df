import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { configDirectory } from './manifests.ts';

/** An alert of config/monitoring, as Prometheus' rule files have it. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** Absent: it fires at once. */
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The content of a Prometheus rule file. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
}

/** The rules of config/monitoring, as Prometheus Operator hands them to Prometheus. */
export function shippedRules(): RuleFile {
  return parse(readFileSync(configDirectory('monitoring/prometheus-rule.yaml'), 'utf8')).spec;
}

/** Every query of config/monitoring/dashboard.json, with the title of its panel. */
export function dashboardQueries(): { panel: string; expr: string }[] {
  const { panels } = JSON.parse(
    readFileSync(configDirectory('monitoring/dashboard.json'), 'utf8'),
  ) as Dashboard;
  return panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ panel: title, expr })));
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** The names of the metrics that a query selects. */
export function metricsIn(expr: string): string[] {
  return expr.match(/\b(luaplugin|leader|workqueue|rest_client|controller_runtime|process)_\w+/g) ?? [];
}
