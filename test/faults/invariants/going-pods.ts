import { type FaultProxy, isPatch, isWatch, ofPods } from '../../support/fault-proxy.ts';
import { followPodNews } from './pod-news.ts';
import { ownStandstill, type Standstill } from './standstill.ts';

/** A PATCH may have been on its way when the news came, in milliseconds. */
const slackMs = 1_000;

/**
 * No write to a Pod that is going: notes each PATCH of a Pod whose operator had been told, more than a second before,
 * that it is being deleted or gone.
 */
export class GoingPods {
  readonly violations: string[] = [];
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** @param standstill when this operator could not act */
  follow(proxy: Pick<FaultProxy, 'listen'>, standstill: Standstill): void {
    const toldAt = new Map<string, number>();
    // A connection that is reset takes with it what the operator has not read yet; the next watch tells it again.
    const forgetSince = (time: number) => {
      for (const [uid, at] of toldAt) if (at >= time) toldAt.delete(uid);
    };
    followPodNews(proxy, ({ isGoing, pod }) => {
      if (isGoing && !toldAt.has(pod.uid)) toldAt.set(pod.uid, this.#now());
    });
    proxy.listen(({ kind, call }) => {
      if (kind === 'lost' && isWatch(call) && ofPods(call)) forgetSince(this.#now() - slackMs);
      if (kind !== 'arrived' || !isPatch(call) || !ofPods(call)) return;
      const { uid } = (JSON.parse(call.body) as { metadata: { uid: string } }).metadata;
      const since = toldAt.get(uid);
      if (since === undefined) return;
      const now = this.#now();
      if (now - since <= slackMs || standstill.touches(since, now) || ownStandstill.touches(since, now))
        return;
      this.violations.push(
        `${new Date(now).toISOString()} ${call.path} was written ${now - since} ms after its deletion was known`,
      );
    });
  }
}
