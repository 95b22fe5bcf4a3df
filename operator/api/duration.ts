const pattern = /^(\d{1,9})(ms|s|m|h)$/;

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration: a whole number and one unit, as in `50ms`, `1s`, `1m`, `1h`.
 * @returns milliseconds
 * @throws RangeError for anything else
 */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = pattern.exec(text) ?? [];
  const factor = unitMs[unit];
  if (factor === undefined) {
    throw new RangeError(`"${text}" is no duration; write a whole number and ms, s, m or h, as in 50ms`);
  }
  return Number(digits) * factor;
}
