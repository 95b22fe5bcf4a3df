import type { CertificatePair } from './pair.ts';

/** Where a server's certificate comes from. */
export interface CertificateSource {
  /** The one to serve now; undefined while there is none. */
  readonly current: CertificatePair | undefined;
  /** What is worth knowing besides, in one line. */
  readonly note: string | undefined;
  /**
   * Looks whether there is a newer one, and does what has to be done for it.
   * @throws Error fit for one line in the log; `current` may have changed all the same
   */
  refresh(signal: AbortSignal): Promise<void>;
}
