import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { isPatch, isWatch, ofPods } from '../support/fault-proxy.ts';
import type { Scenario } from './meanwhile.ts';
import { followRetryAfter } from './retry-after.ts';
import { until } from './wait.ts';

/** Changes a second: these faults last, and others are played at the same time. */
const perSecond = 5;
/** A silent watch is given up after 90 s; the rest is for a busy machine. */
const silenceMs = 180_000;

/** Only the silence tells: the API server's bookmarks, one a minute, do not come. */
export const halfOpenWatches: Scenario = async (arena, { proxy, operator }) => {
  const watched = new Set<string>();
  const end = proxy.listen(({ kind, call }) => {
    if (kind === 'lost' && isWatch(call)) watched.add(call.path);
  });
  await arena.churn(perSecond);
  proxy.freeze(isWatch);
  await arena.changePlugin();
  const silent = () => operator.logs().filter(({ error }) => String(error).includes('no bytes for')).length;
  await eventually('the silence of three watches to be noticed', () => silent() >= 3, {
    timeoutMs: silenceMs,
  });
  end();
  expect(Array.from(watched), 'watches that were given up').to.include('/api/v1/pods');
};

/** The first writes hang until their deadline, and with them the pool's connections. */
export function halfOpenPatches(reaches: boolean): Scenario {
  return async (arena, { proxy }) => {
    await arena.churn(perSecond);
    const rule = proxy.inject({ kind: 'silent', reaches }, (call) => isPatch(call) && ofPods(call));
    await arena.changePlugin();
    await until('connections to hang', () => rule.hits >= 8);
    rule.lift();
  };
}

/**
 * Every call is refused, for so many seconds.
 * @param retryAfterSeconds what the server asks for; no call may come again sooner. By default it asks for nothing
 */
export function refusedFor(seconds: number, status: number, retryAfterSeconds?: number): Scenario {
  return async (arena, { proxy }) => {
    const followed = followRetryAfter(proxy, retryAfterSeconds ?? 0);
    await arena.churn(perSecond);
    const asked = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    const rule = proxy.inject({ kind: 'status', status, ...asked });
    proxy.reset();
    await arena.changePlugin();
    await delay(seconds * 1000);
    await until('calls to be refused', () => rule.hits >= 10);
    rule.lift();
    followed.end();
    expect(followed.early.slice(0, 5), 'calls that did not wait for Retry-After').to.deep.equal([]);
  };
}
