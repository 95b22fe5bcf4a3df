import type { Call, Step } from '../contract.ts';
import type { HostInput } from '../wire/input.ts';
import type { Reply } from '../wire/output.ts';

/** One thing to get an answer for. */
export type Work = RequestWork | AskWork;

interface Survivor {
  /** How often the host died while it had this work. */
  deaths: number;
}

/** One message that has one reply. */
export interface RequestWork extends Survivor {
  readonly kind: 'request';
  /** The message, under the number that its reply will carry. */
  message(request: number): HostInput;
  settle(reply: Reply): void;
  /** Instead of `settle`: the host died whenever it was asked. */
  crashed(): void;
}

/** One Pod's question. */
export interface AskWork extends Survivor {
  readonly kind: 'ask';
  readonly call: Call;
  /** Steps that are certain already: only a suspect, whose programs are asked one by one, has some. */
  readonly steps: Step[];
  settle(steps: Step[]): void;
}

/** Work that the host has, until it has answered all of it. */
export type Flight =
  | { readonly kind: 'request'; readonly work: RequestWork }
  | {
      readonly kind: 'batch';
      /** By their place in the batch; undefined once settled, for answers may come out of order. */
      readonly works: (AskWork | undefined)[];
      unanswered: number;
    }
  /** A suspect's next program, with nothing else in the host. */
  | { readonly kind: 'probe'; readonly work: AskWork; readonly program: string };
