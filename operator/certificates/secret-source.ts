import type { KubeClient } from '../kube/client/client.ts';
import { isAlreadyExists, isConflict, isObjectNotFound } from '../kube/client/errors.ts';
import type { ObjectMeta } from '../kube/client/types.ts';
import type { Clock, Random } from '../time/clock.ts';
import type { CaBundle } from './ca-bundle.ts';
import { issueCertificate } from './issue.ts';
import { type CertificatePair, parseCertificate, readPair, splitBundle } from './pair.ts';
import type { CertificateSource } from './source.ts';

export interface SecretCertificatesOptions {
  readonly client: KubeClient;
  /** The Secret's, and of the Service whose name the certificate carries. */
  readonly namespace: string;
  readonly name: string;
  readonly caBundle: Pick<CaBundle, 'ensure'>;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a new certificate is valid, in milliseconds; a year by default. */
  readonly validMs?: number;
}

interface Secret {
  readonly metadata: Pick<ObjectMeta, 'name' | 'namespace' | 'resourceVersion'>;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
}

/** What all replicas read in the Secret. */
interface Shared {
  readonly pair: CertificatePair;
  /** The CA of the pair, and those before it that replicas may still serve with; PEM. */
  readonly cas: readonly string[];
}

const yearMs = 365 * 24 * 3_600_000;
/** The part of its time after which a certificate is renewed; each replica waits up to a tenth longer, by chance. */
const renewAfter = 2 / 3;
const renewJitter = 0.1;
/** How long, in milliseconds, an API server may need to see a new caBundle. */
const settleMs = 5_000;
/** Earlier CAs that are still believed. */
const earlierCas = 2;
const tries = 4;

/**
 * A certificate that the operator makes itself and shares with its other replicas in a Secret. Who finds none, or one
 * that is due, makes the next; of several at the same time the first to write it wins, by the Secret's
 * resourceVersion. A replica goes on with the certificate that it has until the API server believes the new one's CA.
 */
export class SecretCertificates implements CertificateSource {
  readonly #options: SecretCertificatesOptions;
  readonly #renewAfter: number;
  #current: CertificatePair | undefined;
  #cas: readonly string[] = [];
  /** The certificate whose CA is believed, and since when. */
  #believed: { readonly cert: string; readonly since: number } | undefined;
  #isCalled = true;

  constructor(options: SecretCertificatesOptions) {
    this.#options = options;
    this.#renewAfter = renewAfter + renewJitter * options.random();
  }

  get current(): CertificatePair | undefined {
    return this.#current;
  }

  get note(): string | undefined {
    return this.#isCalled ? undefined : 'there is no ValidatingWebhookConfiguration for it, so nobody asks';
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const { pair, cas } = await this.#agree(signal);
    this.#cas = cas;
    this.#current ??= pair;
    this.#isCalled = await this.#options.caBundle.ensure(cas, signal);
    const now = this.#options.clock.now();
    if (this.#believed?.cert !== pair.cert) this.#believed = { cert: pair.cert, since: now };
    if (now - this.#believed.since >= settleMs) this.#current = pair;
  }

  /** What the Secret has, after what is due was done. */
  async #agree(signal: AbortSignal): Promise<Shared> {
    for (let tried = 1; ; tried += 1) {
      const secret = await this.#read(signal);
      const shared = secret && this.#sharedIn(secret);
      if (shared !== undefined) this.#current ??= shared.pair;
      if (shared !== undefined && !this.#isDue(shared.pair)) return shared;
      try {
        return await this.#renew(secret, shared?.cas ?? this.#cas, signal);
      } catch (error) {
        const wasOvertaken = isConflict(error) || isAlreadyExists(error);
        if (!wasOvertaken || tried === tries) throw error;
      }
    }
  }

  /** @returns undefined when the Secret holds nothing that can be served */
  #sharedIn({ data = {} }: Secret): Shared | undefined {
    const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
    try {
      const pair = readPair(text('tls.crt'), text('tls.key'));
      const certificate = parseCertificate(pair.cert, 'tls.crt');
      const cas = splitBundle(text('ca.crt'));
      const [host = ''] = this.#dnsNames;
      const isSigned = cas.some((ca) => certificate.verify(parseCertificate(ca, 'ca.crt').publicKey));
      const isFit = isSigned && certificate.checkHost(host) !== undefined;
      return isFit && this.#options.clock.wallTime() < pair.validUntil ? { pair, cas } : undefined;
    } catch {
      return undefined;
    }
  }

  #isDue({ validFrom, validUntil }: CertificatePair): boolean {
    const now = this.#options.clock.wallTime();
    // One of the future was made by a clock that has been set back since; nobody would accept it.
    return now < validFrom || now >= validFrom + (validUntil - validFrom) * this.#renewAfter;
  }

  async #renew(secret: Secret | undefined, cas: readonly string[], signal: AbortSignal): Promise<Shared> {
    const { clock, name, namespace, validMs = yearMs } = this.#options;
    const now = clock.wallTime();
    const issued = await issueCertificate(name, this.#dnsNames, now, validMs);
    const believed = [
      ...splitBundle(issued.ca),
      ...cas.filter((ca) => isValid(ca, now)).slice(0, earlierCas),
    ];
    const data = { 'ca.crt': believed.join(''), 'tls.crt': issued.cert, 'tls.key': issued.key };
    const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
    const metadata = { name, namespace, labels: { 'app.kubernetes.io/managed-by': 'lua-plugin-operator' } };
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      ...(secret ?? { metadata, type: 'kubernetes.io/tls' }),
      data: Object.fromEntries(encoded),
    };
    const path = secret === undefined ? this.#collection : `${this.#collection}/${name}`;
    await this.#options.client.request({ method: secret === undefined ? 'POST' : 'PUT', path, body, signal });
    return { pair: readPair(issued.cert, issued.key), cas: believed };
  }

  async #read(signal: AbortSignal): Promise<Secret | undefined> {
    const path = `${this.#collection}/${this.#options.name}`;
    try {
      return await this.#options.client.request<Secret>({ method: 'GET', path, signal });
    } catch (error) {
      if (isObjectNotFound(error)) return undefined;
      throw error;
    }
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#options.namespace}/secrets`;
  }

  /** As the API server calls the Service; the first is the one it uses. */
  get #dnsNames(): string[] {
    const { name, namespace } = this.#options;
    return [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`, `${name}.${namespace}`];
  }
}

function isValid(ca: string, now: number): boolean {
  try {
    return parseCertificate(ca, 'ca.crt').validToDate.getTime() > now;
  } catch {
    return false;
  }
}
