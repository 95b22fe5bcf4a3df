import type { ConfigMapKeyRef } from '../../api/generated.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { describeError, isForbidden } from '../../kube/client/errors.ts';
import type { KubeObject } from '../../kube/client/types.ts';
import { Reflector, type ReflectorSink } from '../../kube/watch/reflector.ts';
import type { Logger } from '../../observability/logging.ts';
import { type Clock, systemClock } from '../../time/clock.ts';
import { withForbiddenBackoff } from './forbidden-backoff.ts';
import { type ConfigMapContents, type ScriptText, scriptIn } from './script-text.ts';

type ConfigMap = KubeObject & ConfigMapContents;

export interface ConfigMapWatchOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** As long, in milliseconds, a plugin waits for the API server's first answer about its ConfigMap. */
const firstAnswerMs = 5_000;

/** One ConfigMap, watched alone, for the plugins whose scripts it holds. */
export class ConfigMapWatch implements ReflectorSink<ConfigMap> {
  readonly #where: Pick<ConfigMapKeyRef, 'namespace' | 'name'>;
  readonly #clock: Clock;
  readonly #reflector: Reflector<ConfigMap>;
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  readonly #answered = Promise.withResolvers<void>();
  readonly #onChange: (plugin: string) => void;
  readonly #followers = new Map<string, Follower>();
  #configMap: ConfigMap | undefined;
  /** The API server refused to show it. */
  #isForbidden = false;
  #lastError = '';

  /** Starts to watch. @param onChange told of each plugin whose script may be another now */
  constructor(
    where: Pick<ConfigMapKeyRef, 'namespace' | 'name'>,
    { client, logger, clock = systemClock }: ConfigMapWatchOptions,
    onChange: (plugin: string) => void,
  ) {
    this.#where = where;
    this.#clock = clock;
    this.#onChange = onChange;
    const { namespace, name } = where;
    this.#reflector = new Reflector<ConfigMap>({
      client: withForbiddenBackoff(client),
      logger,
      clock,
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      // RBAC rules with resourceNames let such a list and watch pass.
      query: { fieldSelector: `metadata.name=${name}` },
      what: `ConfigMap ${namespace}/${name}`,
      sink: this,
      // In the plugin's condition and its line in the log.
      isTold: isForbidden,
      onError: (error) => this.#failed(error),
    });
    this.#reflector.synced.then(
      () => this.#answered.resolve(),
      () => this.#answered.resolve(),
    );
    this.#ended = this.#reflector.run(this.#end.signal);
  }

  upsert(configMap: ConfigMap): void {
    this.#configMap = configMap;
    this.#isForbidden = false;
    this.#answered.resolve();
    this.#changed();
  }

  remove(uid: string): void {
    if (this.#configMap?.metadata.uid !== uid) return;
    this.#configMap = undefined;
    this.#changed();
  }

  *uids(): Iterable<string> {
    if (this.#configMap !== undefined) yield this.#configMap.metadata.uid;
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  follow(plugin: string, ref: ConfigMapKeyRef): void {
    this.#followers.set(plugin, { ref, read: undefined });
  }

  unfollow(plugin: string): void {
    this.#followers.delete(plugin);
  }

  /** The script that a plugin follows; the first time it waits for the API server, but not for ever. */
  async read(plugin: string): Promise<ScriptText> {
    await this.#firstAnswer();
    // The permission came, and nothing had changed meanwhile.
    if (this.#reflector.isSynced && this.#reflector.lastError === undefined) this.#isForbidden = false;
    const follower = this.#followers.get(plugin);
    if (follower === undefined)
      return { ok: false, message: 'the plugin takes its script from elsewhere now' };
    follower.read = this.#text(follower.ref);
    return follower.read;
  }

  /** Ends the watch; resolves when it has ended. May be called twice. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }

  async #firstAnswer(): Promise<void> {
    const waiting = new AbortController();
    const giveUp = this.#clock.sleep(firstAnswerMs, waiting.signal).catch(() => {});
    await Promise.race([this.#answered.promise, giveUp]);
    waiting.abort();
  }

  #text(ref: ConfigMapKeyRef): ScriptText {
    const { namespace, name } = this.#where;
    if (this.#isForbidden) return { ok: false, message: forbidden(namespace, name) };
    if (this.#configMap === undefined && !this.#reflector.isSynced) {
      const message = `the ConfigMap ${namespace}/${name} can't be read: ${this.#lastError || 'no answer yet'}`;
      return { ok: false, message };
    }
    return scriptIn(this.#configMap, ref);
  }

  /** A fault that may pass changes nothing: what was read last holds. */
  #failed(error: unknown): void {
    this.#lastError = describeError(error);
    if (isForbidden(error)) this.#isForbidden = true;
    this.#answered.resolve();
    this.#changed();
  }

  /** Tells the plugins that have read something else than what is there now: each follows one key. */
  #changed(): void {
    for (const [plugin, { ref, read }] of this.#followers) {
      if (read !== undefined && !sameText(read, this.#text(ref))) this.#onChange(plugin);
    }
  }
}

/** What a plugin takes from the ConfigMap, and what it has got so far. */
interface Follower {
  readonly ref: ConfigMapKeyRef;
  read: ScriptText | undefined;
}

function sameText(a: ScriptText, b: ScriptText): boolean {
  return a.ok ? b.ok && a.script === b.script : !b.ok && a.message === b.message;
}

function forbidden(namespace: string, name: string): string {
  const rule = `{apiGroups: [""], resources: [configmaps], resourceNames: [${name}], verbs: [list, watch]}`;
  return `the operator may not read the ConfigMap ${namespace}/${name}; add a Role in the namespace ${namespace} with the rule ${rule}, and a RoleBinding of it to the operator's service account`;
}
