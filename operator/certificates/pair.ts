import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate that can be served, and what is known of it. */
export interface CertificatePair {
  /** PEM; the serving certificate, perhaps with intermediate ones after it. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validUntil: number;
}

/**
 * Reads a certificate and its key.
 * @throws Error that says in one line why they can't be served
 */
export function readPair(cert: string, key: string): CertificatePair {
  const certificate = parseCertificate(cert, 'tls.crt');
  if (!certificate.checkPrivateKey(parseKey(key))) throw new Error('tls.key is not the key of tls.crt');
  return {
    cert,
    key,
    validFrom: certificate.validFromDate.getTime(),
    validUntil: certificate.validToDate.getTime(),
  };
}

/** @throws Error when text is no certificate. @param what names it in the message */
export function parseCertificate(text: string, what: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new Error(`${what} holds no certificate in PEM`);
  }
}

/** The certificates of a bundle, each as PEM with one line break at its end; what stands around them is dropped. */
export function splitBundle(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => `${block.trim()}\n`);
}

function parseKey(text: string) {
  try {
    return createPrivateKey(text);
  } catch {
    throw new Error('tls.key holds no private key in PEM');
  }
}
