import type { Clock } from '../time/clock.ts';
import { issueCertificate } from './issue.ts';
import { type CertificatePair, readPair } from './pair.ts';
import type { CertificateSource } from './source.ts';

/** A year, in milliseconds. */
const validMs = 365 * 24 * 3_600_000;
/** The part of its time after which it is renewed. */
const renewAfter = 2 / 3;

/** A certificate that is made anew at each start, and kept in memory only: nobody can check it, so nobody shares it. */
export class OwnCertificate implements CertificateSource {
  readonly note = 'made by the operator itself, so scrapers can not check it';
  readonly #subject: string;
  readonly #names: readonly string[];
  readonly #clock: Clock;
  #current: CertificatePair | undefined;
  #renewAt = Number.NEGATIVE_INFINITY;

  /**
   * @param subject the common name, at most 60 characters
   * @param names DNS names
   */
  constructor(subject: string, names: readonly string[], clock: Clock) {
    this.#subject = subject;
    this.#names = names;
    this.#clock = clock;
  }

  get current(): CertificatePair | undefined {
    return this.#current;
  }

  async refresh(): Promise<void> {
    const now = this.#clock.wallTime();
    // A clock that was set back far enough makes it a certificate of the future.
    const isValid = now >= (this.#current?.validFrom ?? Number.POSITIVE_INFINITY);
    if (isValid && now < this.#renewAt) return;
    const { cert, key } = await issueCertificate(this.#subject, this.#names, now, validMs);
    this.#current = readPair(cert, key);
    this.#renewAt = now + validMs * renewAfter;
  }
}
