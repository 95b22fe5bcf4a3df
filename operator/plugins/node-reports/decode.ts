import { Ajv } from 'ajv';
import { failureReasons } from '../../sandbox/contract.ts';
import { keptErrors } from '../status/statistics.ts';
import { maxConflicts, type PluginReport, type Report } from './report.ts';

/** Examples of a dry run, as many as the status has room for. */
export const maxExamples = 10;

interface ReportJson {
  readonly plugins: Readonly<Record<string, PluginReport>>;
}

const count = { type: 'integer', minimum: 0, maximum: 1e12 } as const;
/** Milliseconds since the epoch, as far as a Date reaches. */
const time = { type: 'number', minimum: 0, maximum: 8.64e15 } as const;
const text = (maxLength: number) => ({ type: 'string', maxLength }) as const;
const carried = {
  type: 'object',
  properties: { type: text(63), name: text(253), resolvedBy: text(317) },
} as const;

const error = {
  type: 'object',
  required: ['failure', 'time', 'count'],
  properties: {
    failure: {
      type: 'object',
      required: ['reason', 'message'],
      properties: {
        reason: { type: 'string', enum: failureReasons },
        message: text(256),
        line: { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 },
      },
    },
    pod: text(317),
    time,
    count: { ...count, minimum: 1 },
  },
} as const;

const workload = {
  type: 'object',
  required: ['type', 'name'],
  properties: { type: text(63), name: text(253) },
} as const;

const conflict = {
  type: 'object',
  required: ['with', 'decides', 'pod', 'own', 'other'],
  properties: {
    with: text(253),
    decides: { type: 'boolean' },
    pod: text(317),
    own: workload,
    other: workload,
  },
} as const;

const dryRun = {
  type: 'object',
  required: ['podsChanging', 'examples'],
  properties: {
    podsChanging: count,
    examples: {
      type: 'array',
      maxItems: maxExamples,
      items: {
        type: 'object',
        required: ['pod', 'before', 'after'],
        properties: { pod: text(317), before: carried, after: carried },
      },
    },
  },
} as const;

/**
 * The bounds of what becomes part of a status are those of crds/luaplugins.yaml. What a later version adds is let
 * through, so that an update of the operator may be halfway.
 */
const isReport = new Ajv().compile<ReportJson>({
  type: 'object',
  required: ['plugins'],
  properties: {
    plugins: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['pods', 'errors', 'lastErrors'],
        properties: {
          pods: count,
          revision: text(64),
          errors: count,
          quarantinedUntil: time,
          dryRun,
          conflicts: { type: 'array', maxItems: maxConflicts, items: conflict },
          lastErrors: { type: 'array', maxItems: keptErrors, items: error },
        },
      },
    },
  },
});

/** Reads a report. @returns undefined when the text is none, or holds what no status may */
export function decodeReport(text: string | undefined): Report | undefined {
  try {
    const report: unknown = JSON.parse(text ?? '');
    return isReport(report) ? new Map(Object.entries(report.plugins)) : undefined;
  } catch {
    return undefined;
  }
}
