import { webcrypto } from 'node:crypto';

/** A new certificate and the CA that signed it, all PEM. */
export interface IssuedCertificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Milliseconds. A certificate counts from a little before it was made: the API server's clock may be behind. */
const backdatedMs = 3_600_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a CA and a serving certificate of it. The CA's key is not kept: it signs this one certificate, and nobody can
 * sign another.
 * @param subject the common name, at most 60 characters
 * @param names DNS names
 * @param now milliseconds since the epoch
 * @param validMs how long both are valid from now on
 */
export async function issueCertificate(
  subject: string,
  names: readonly string[],
  now: number,
  validMs: number,
): Promise<IssuedCertificate> {
  // Loaded only here: most starts find a certificate, and the libraries take memory.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const validity = { notBefore: new Date(now - backdatedMs), notAfter: new Date(now + validMs) };
  const [caKeys, keys] = await Promise.all([generateKeys(), generateKeys()]);
  const authority = `CN=${subject} CA`;
  const ca = await x509.X509CertificateGenerator.create(
    {
      ...validity,
      subject: authority,
      issuer: authority,
      publicKey: caKeys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      serialNumber: serialNumber(),
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const cert = await x509.X509CertificateGenerator.create(
    {
      ...validity,
      subject: `CN=${subject}`,
      issuer: ca.subject,
      publicKey: keys.publicKey,
      signingKey: caKeys.privateKey,
      signingAlgorithm: algorithm,
      serialNumber: serialNumber(),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
        await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key: `${key}\n` };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

/** RFC 5280: positive, at most 20 bytes, and enough of it by chance. In hexadecimal figures. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  return `01${Buffer.from(bytes).toString('hex')}`;
}
