import type { KubeClient } from '../../../operator/kube/client/client.ts';
import type { Cluster } from '../../cluster/kwok.ts';
import type { Progress } from '../../cluster/progress.ts';
import type { Answers } from './plugin.ts';
import type { Population } from './population.ts';
import type { Size } from './sizes.ts';
import type { SubjectOptions } from './subject.ts';

/** What every measure works with. */
export interface World {
  readonly cluster: Cluster;
  /** The administrator's client. */
  readonly admin: KubeClient;
  /** The bare client, under the operator's own service account: the API server asks both for the same. */
  readonly bare: KubeClient;
  readonly population: Population;
  readonly subject: SubjectOptions;
  readonly size: Size;
  readonly progress: Progress;
  /** What the plugin says now. While no operator runs, every Pod carries it. */
  answers: Answers;
}

/** Answers that no Pod carries yet. */
export function nextAnswers({ type }: Answers): Answers {
  const turn = Number(type.slice('Turn'.length)) + 1;
  return { type: `Turn${turn}`, canaryType: `CanaryTurn${turn}` };
}
