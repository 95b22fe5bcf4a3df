/** One reason to be unhealthy: returns undefined while all is well, else what is wrong, in one line. */
export interface HealthCheck {
  /** In lower case, without spaces: it is part of a path. */
  readonly name: string;
  readonly check: () => string | undefined;
  /** What is worth knowing while all is well, in one line; undefined for nothing. */
  readonly note?: () => string | undefined;
}

/** An answer to somebody who asks for checks. */
export interface HealthReport {
  /** 200 when all is well, 503 when not, 404 for a check that does not exist. */
  readonly status: number;
  readonly text: string;
}

/**
 * Says how all checks fare, a line each, as kube-apiserver does when it is asked with `?verbose`.
 * @param excluded names of checks that shall not count, as its `?exclude=` names them
 */
export function healthReport(checks: readonly HealthCheck[], excluded: readonly string[] = []): HealthReport {
  let healthy = true;
  const lines = checks.map(({ name, check, note }) => {
    if (excluded.includes(name)) return `[+]${name} excluded: ok`;
    const problem = check();
    if (problem !== undefined) {
      healthy = false;
      return `[-]${name}: ${problem}`;
    }
    const known = note?.();
    return known === undefined ? `[+]${name} ok` : `[+]${name} ok: ${known}`;
  });
  const unknown = excluded.filter((name) => !checks.some((one) => one.name === name));
  if (unknown.length > 0) lines.push(`warn: there is no check ${unknown.join(', ')} to exclude`);
  return { status: healthy ? 200 : 503, text: [...lines, healthy ? 'ok' : 'failed', ''].join('\n') };
}

/** Says how one check fares, as kube-apiserver's `/readyz/<name>` does. */
export function checkReport(checks: readonly HealthCheck[], name: string): HealthReport {
  const found = checks.find((one) => one.name === name);
  if (found === undefined) {
    const names = checks.map((one) => one.name).join(', ');
    return { status: 404, text: `there is no such check; there are ${names}\n` };
  }
  const problem = found.check();
  return problem === undefined ? { status: 200, text: 'ok\n' } : { status: 503, text: `${problem}\n` };
}
