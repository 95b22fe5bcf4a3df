/** When reports are written, and when an instance counts as gone; all in milliseconds. */
export interface ReportTiming {
  /** A report that changed is written at most once in this time. */
  readonly changeMs: number;
  /** One that did not change is written again after this time. */
  readonly heartbeatMs: number;
  /** An instance that has not written for so long is gone. */
  readonly silenceMs: number;
  /** An instance that ended is gone when the next one on its node has not come within this time. */
  readonly successionMs: number;
}

/**
 * The times that follow from the election's lease duration. With a minute, as config/daemonset has it, a thousand
 * nodes write some 15 reports a second while nothing changes, and at most 100 when something does on every node; one
 * is a Lease with 90 bytes a plugin. Their kubelets renew a hundred Leases a second all the time.
 */
export function reportTiming(leaseDurationMs: number): ReportTiming {
  return {
    changeMs: leaseDurationMs / 6,
    heartbeatMs: leaseDurationMs,
    silenceMs: 3 * leaseDurationMs,
    successionMs: 2 * leaseDurationMs,
  };
}
