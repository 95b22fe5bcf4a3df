import { type KubeClient, strategicMergePatch } from '../kube/client/client.ts';
import { isConflict, isObjectNotFound } from '../kube/client/errors.ts';
import { splitBundle } from './pair.ts';

/** admissionregistration.k8s.io/v1, as far as it is read here. */
interface WebhookConfiguration {
  readonly metadata: { readonly resourceVersion?: string };
  readonly webhooks?: readonly {
    readonly name: string;
    /** caBundle is PEM in base64. */
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

export interface CaBundleOptions {
  readonly client: KubeClient;
  /** The ValidatingWebhookConfiguration's name. */
  readonly configuration: string;
  /** The name of the webhook in it. */
  readonly webhook: string;
}

/** As often a change of somebody else is made way for, each time. */
const tries = 4;

/** The CAs that the API server believes when it calls the webhook. */
export class CaBundle {
  readonly #options: CaBundleOptions;
  readonly #path: string;

  constructor(options: CaBundleOptions) {
    this.#options = options;
    const collection = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
    this.#path = `${collection}/${options.configuration}`;
  }

  /**
   * Sees to it that the API server believes these CAs. More of them do no harm: another replica may know of a later
   * one already.
   * @param cas PEM, as splitBundle gives them
   * @returns false when there is no such webhook, so that nobody calls it
   * @throws ApiError, ConnectionError
   */
  async ensure(cas: readonly string[], signal: AbortSignal): Promise<boolean> {
    const { client, webhook } = this.#options;
    for (let tried = 1; ; tried += 1) {
      const configuration = await this.#read(signal);
      const entry = configuration?.webhooks?.find(({ name }) => name === webhook);
      if (configuration === undefined || entry === undefined) return false;
      const { caBundle = '' } = entry.clientConfig;
      const believed = splitBundle(Buffer.from(caBundle, 'base64').toString('utf8'));
      if (cas.every((ca) => believed.includes(ca))) return true;
      const bundle = Buffer.from(cas.join('')).toString('base64');
      try {
        await client.request({
          method: 'PATCH',
          path: this.#path,
          contentType: strategicMergePatch,
          body: {
            // Of what was read, or nothing: the webhook may be gone by now.
            metadata: { resourceVersion: configuration.metadata.resourceVersion },
            webhooks: [{ name: webhook, clientConfig: { caBundle: bundle } }],
          },
          signal,
        });
        return true;
      } catch (error) {
        if (!isConflict(error) || tried === tries) throw error;
      }
    }
  }

  async #read(signal: AbortSignal): Promise<WebhookConfiguration | undefined> {
    try {
      return await this.#options.client.request<WebhookConfiguration>({
        method: 'GET',
        path: this.#path,
        signal,
      });
    } catch (error) {
      if (isObjectNotFound(error)) return undefined;
      throw error;
    }
  }
}
