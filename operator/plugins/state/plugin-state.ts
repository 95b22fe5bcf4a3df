import type { ReadyReason } from '../../api/conditions.ts';
import type { LuaPlugin } from '../../api/generated.ts';
import type { Failure, FailureReason } from '../../sandbox/contract.ts';
import type { TestReport } from '../script/run-tests.ts';
import type { Revision } from './revision.ts';

/** The revision that serves, and what is known of it. */
export interface Active extends Revision {
  /** The sandbox's id of it. */
  readonly program: string;
  /** The plugin as it began to serve, with its defaults and the script's text. */
  readonly plugin: LuaPlugin;
  /** Of what the sandbox runs; see programHash. */
  readonly programHash: string;
  /** The tests it passed, to see whether a later generation has others. */
  readonly testsJson: string;
  readonly tests: TestReport;
}

/**
 * What became of a plugin's latest generation. `retry` says whether trying again can help: `never`, `perhaps` (the
 * machine may have been busy), or by `waiting` for something outside.
 */
export type Outcome =
  | { readonly state: 'serving' }
  | { readonly state: 'suspended' }
  /** An API group of spec.requires is not served. @property message which, and what then */
  | { readonly state: 'dormant'; readonly message: string }
  | {
      readonly state: 'failed';
      readonly reason: ReadyReason;
      readonly message: string;
      readonly retry: 'never' | 'perhaps' | 'waiting';
      readonly tests?: TestReport;
    };

export interface PluginState {
  readonly uid: string | undefined;
  /** The generation that outcome speaks of. */
  readonly generation: number;
  readonly outcome: Outcome;
  /** Which state of a script in a ConfigMap it speaks of; see Lifecycle.scriptChanged. */
  readonly scriptVersion: number;
  /** How often this generation was tried. */
  readonly tries: number;
  /** When it is tried again, in the clock's milliseconds; undefined when it is not. */
  readonly retryAt: number | undefined;
  readonly active: Active | undefined;
  /** The revision that served last, also when none does now: the next one counts on from it. */
  readonly last?: Pick<Revision, 'number' | 'hash'> | undefined;
}

/** A generation that can't serve, for a reason outside the sandbox. */
export function failed(reason: ReadyReason, message: string) {
  return {
    state: 'failed',
    reason,
    message,
    retry: reason === 'ScriptNotFound' ? 'waiting' : 'never',
  } as const;
}

const reasonOfFailure: Record<FailureReason, ReadyReason> = {
  compile: 'CompileError',
  load: 'LoadError',
  runtime: 'LoadError',
  invalid_result: 'LoadError',
  timeout: 'LoadTimeout',
  memory: 'OutOfMemory',
  crash: 'SandboxCrashed',
};

/** A generation whose script the sandbox could not load. A busy machine may make a load slow: that is tried again. */
export function outcomeOfFailure({ reason, message }: Failure): Outcome {
  return {
    state: 'failed',
    reason: reasonOfFailure[reason],
    message,
    retry: reason === 'timeout' || reason === 'crash' ? 'perhaps' : 'never',
  };
}

/** As many tries of one generation it takes to say that trying again does not help. */
const hopelessTries = 3;

/** Whether waiting will not heal a plugin: its spec has to change. */
export function isStalled({ outcome, tries }: PluginState): boolean {
  if (outcome.state !== 'failed') return false;
  return outcome.retry === 'never' || (outcome.retry === 'perhaps' && tries >= hopelessTries);
}

/** A busy machine is soon less busy; a script that is too slow is not asked too often. */
const firstRetryMs = 1_000;
const lastRetryMs = 300_000;
/** How often, in milliseconds, a plugin looks whether what it waits for is there. */
const waitingMs = 15_000;

/** Milliseconds until a plugin that does not serve is tried again; undefined when it is not. */
export function retryDelayMs({ outcome, tries }: Pick<PluginState, 'outcome' | 'tries'>): number | undefined {
  if (outcome.state === 'dormant') return waitingMs;
  if (outcome.state !== 'failed' || outcome.retry === 'never') return undefined;
  return outcome.retry === 'waiting' ? waitingMs : Math.min(firstRetryMs * 4 ** (tries - 1), lastRetryMs);
}
