/** How long ago something was, in the two largest units that matter, as kubectl writes ages: `90s`, `5m`, `3h`, `12d`. */
export function formatAge(time: string | undefined, now: number): string {
  const since = Date.parse(time ?? '');
  if (Number.isNaN(since)) return '';
  const seconds = Math.max(0, Math.floor((now - since) / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds - minutes * 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes - hours * 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return two(days, 'd', hours - days * 24, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.floor(days / 365);
  return years < 8 ? two(years, 'y', days - years * 365, 'd') : `${years}y`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit}${small === 0 ? '' : `${small}${smallUnit}`}`;
}

/** A time as a person reads it, three digits of it: `85µs`, `1.20ms`, `3.05s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 0.000_999_5) return `${Math.round(seconds * 1e6)}µs`;
  return seconds < 0.9995 ? `${(seconds * 1e3).toPrecision(3)}ms` : `${seconds.toFixed(2)}s`;
}
