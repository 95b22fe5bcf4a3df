import type { Logger } from '../../observability/logging.ts';
import type { PodAnnotations } from '../annotations/annotations.ts';

const text =
  'this name of a workload can be no label: the Pod gets none for it, the annotation has it; others are told of at level debug';

/** Tells of Pods that go without the label of their workload's name: once, and of all others at level debug. */
export class OmittedNames {
  readonly #logger: Pick<Logger, 'warn' | 'debug'>;
  #isTold = false;

  constructor(logger: Pick<Logger, 'warn' | 'debug'>) {
    this.#logger = logger;
  }

  omitted(
    pod: { readonly namespace: string; readonly name: string },
    { name: workload }: PodAnnotations,
  ): void {
    this.#logger[this.#isTold ? 'debug' : 'warn']({ pod: `${pod.namespace}/${pod.name}`, workload }, text);
    this.#isTold = true;
  }
}
