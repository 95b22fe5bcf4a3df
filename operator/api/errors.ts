import type { DefinedError, ErrorObject } from 'ajv';

/** One thing that is wrong with an object. */
export interface FieldError {
  /** The field as Kubernetes names it, for instance `spec.tests[0].expect`; empty for the whole object. */
  readonly path: string;
  /** What is wrong and, where it is not plain, what to do; goes after the path and a colon. */
  readonly message: string;
}

/** The errors in one line each, as in `spec.priority: must be an integer, not a string`. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  return errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n');
}

/**
 * Names the key that an error is about, which for a missing or an unknown key is not where ajv points.
 * @returns the steps from the root, array indices as digits
 */
export function errorSteps(error: ErrorObject): string[] {
  const steps = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { missingProperty, additionalProperty } = error.params;
  const last = missingProperty ?? additionalProperty;
  return typeof last === 'string' ? [...steps, last] : steps;
}

/** Rewrites ajv's errors, which need ajv's option `verbose`. */
export function toFieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  return errors.map((error) => ({ path: kubernetesPath(errorSteps(error)), message: errorMessage(error) }));
}

function kubernetesPath(steps: string[]): string {
  return steps.reduce((path, step) => {
    if (/^\d+$/.test(step) || !/^\w+$/.test(step)) return `${path}[${step}]`;
    return path === '' ? step : `${path}.${step}`;
  }, '');
}

/** What is wrong, and what is allowed; goes after the field's path and a colon. */
export function errorMessage(error: ErrorObject): string {
  const known = error as DefinedError;
  switch (known.keyword) {
    case 'required': {
      const missing = error.parentSchema?.properties?.[known.params.missingProperty];
      return missing?.enum?.length === 1 ? `is required: ${oneOf(missing.enum)}` : 'is required';
    }
    case 'additionalProperties': {
      const names = Object.keys(error.parentSchema?.properties ?? {});
      return `unknown field${didYouMean(known.params.additionalProperty, names)}`;
    }
    case 'type':
      return `must be ${withArticle(known.params.type)}, not ${typeOf(error.data)}`;
    case 'enum':
      return `must be ${oneOf(known.params.allowedValues)}`;
    case 'minLength':
      return known.params.limit === 1
        ? 'must not be empty'
        : `must have ${known.params.limit} characters or more`;
    case 'maxLength':
      return `must have ${known.params.limit} characters or fewer`;
    case 'minimum':
      return `must be ${known.params.limit} or more`;
    case 'maximum':
      return `must be ${known.params.limit} or less`;
    case 'maxItems':
    case 'maxProperties':
      return `must have ${known.params.limit} entries or fewer`;
    case 'uniqueItems':
      return `entries ${[known.params.i, known.params.j].sort((a, b) => a - b).join(' and ')} are the same`;
    case 'pattern': {
      const description: unknown = error.parentSchema?.description;
      return typeof description === 'string'
        ? `must be ${description}`
        : `must match ${known.params.pattern}`;
    }
    case 'not': {
      const description: unknown = error.parentSchema?.not?.description;
      return typeof description === 'string' ? `must not be ${description}` : 'is not allowed';
    }
    default:
      return error.message ?? `breaks the rule ${error.keyword}`;
  }
}

function withArticle(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return withArticle(typeof value);
}

function oneOf(values: readonly unknown[]): string {
  const list = values.map((value) => JSON.stringify(value)).join(', ');
  return values.length === 1 ? list : `one of ${list}`;
}

/** A hint at the name that was probably meant, with a semicolon before it, or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const [best] = names
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined || best.distance > Math.max(1, Math.floor(word.length / 3))) return '';
  return `; did you mean "${best.name}"?`;
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
