/** A time as a person reads it, three digits of it: `85µs`, `1.20ms`, `3.05s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.000_999_5) return `${Math.round(seconds * 1e6)}µs`;
  return seconds < 0.9995 ? `${(seconds * 1e3).toPrecision(3)}ms` : `${seconds.toFixed(2)}s`;
}
