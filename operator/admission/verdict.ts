/** One reason to refuse. */
export interface Cause {
  /** As Kubernetes names it, for instance `spec.script`. */
  readonly field: string;
  /** What is wrong and where, for instance `opengauss:12: unexpected symbol near 'end'`. */
  readonly message: string;
}

/** What a review comes to: without causes the object may be stored. */
export interface Verdict {
  readonly causes: readonly Cause[];
  /** kubectl prints each; the API server cuts one after 256 characters, and drops those after 4,096 in all. */
  readonly warnings: readonly string[];
}

/** Nothing to say. */
export const allowed: Verdict = { causes: [], warnings: [] };

const maxWarningLength = 256;
/** As many texts of the longest kind as the API server passes on. */
const maxWarnings = 15;
const maxCauses = 20;

/** May be stored, with something that the author should know. */
export function warned(...warnings: readonly string[]): Verdict {
  const kept = warnings.slice(0, maxWarnings).map((text) => shortened(oneLine(text), maxWarningLength));
  return { causes: [], warnings: kept };
}

/** May not be stored. */
export function refused(causes: readonly Cause[]): Verdict {
  const kept = causes.slice(0, maxCauses).map(({ field, message }) => ({ field, message: oneLine(message) }));
  const more = causes.length - kept.length;
  const rest = more > 0 ? [{ field: 'spec', message: `and ${more} more problems` }] : [];
  return { causes: [...kept, ...rest], warnings: [] };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]\s*/g, ' ');
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}
