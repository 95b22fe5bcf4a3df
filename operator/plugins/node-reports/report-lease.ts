import { createHash } from 'node:crypto';
import { microTime } from '../../kube/client/micro-time.ts';
import type { KubeObject } from '../../kube/client/types.ts';
import type { LeaseSpec } from '../../kube/election/lease.ts';

/**
 * The Lease by which the instance of a node says that it lives, as a kubelet does, with its report in an annotation.
 * There is one for each node, so the next instance on that node takes it over and nothing is counted twice.
 */
export interface ReportLease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** Finds the reports, in the operator's namespace. */
export const reportLabels = {
  'app.kubernetes.io/name': 'lua-plugin-operator',
  'app.kubernetes.io/component': 'node-report',
} as const;
export const reportSelector = Object.entries(reportLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join();

/** Where the report stands. Not under the config's prefix, which is for Pods. */
const reportAnnotation = 'luaplugin.dev/node-report';
const maxNameLength = 253;

/** The name of a node's Lease; a hash stands for a node whose own name leaves no room for the prefix. */
export function reportLeaseName(node: string): string {
  const name = `lua-plugin-operator-${node}`;
  if (name.length <= maxNameLength) return name;
  return `lua-plugin-operator-${createHash('sha256').update(node).digest('hex')}`;
}

export function reportText({ metadata }: ReportLease): string | undefined {
  return metadata.annotations?.[reportAnnotation];
}

/** How long its instance may be silent, in milliseconds. */
export function silenceMs({ spec }: ReportLease, otherwise: number): number {
  const { leaseDurationSeconds = 0 } = spec ?? {};
  return leaseDurationSeconds > 0 ? leaseDurationSeconds * 1000 : otherwise;
}

/** What a report's Lease says now. */
export interface ReportLeaseState {
  readonly namespace: string;
  readonly name: string;
  /** The instance; empty when it has ended and waits for the node's next one. */
  readonly holder: string;
  /** How long silence means nothing, in milliseconds. */
  readonly durationMs: number;
  /** Milliseconds since the epoch. */
  readonly renewedAt: number;
  readonly text: string;
}

/** @param current the object to be replaced, exactly in this version; undefined makes one */
export function reportLease(state: ReportLeaseState, current: ReportLease | undefined): object {
  const { namespace, name, holder, durationMs, renewedAt, text } = state;
  const { resourceVersion, labels, annotations } = current?.metadata ?? {};
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      namespace,
      name,
      resourceVersion,
      labels: { ...labels, ...reportLabels },
      annotations: { ...annotations, [reportAnnotation]: text },
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      renewTime: microTime(renewedAt),
    },
  };
}
