import type { Diagnostic } from '../program/errors.ts';
import type { SourceObject } from './plugins.ts';

/** The names that the API server takes of a custom resource: DNS subdomains, as RFC 1123 has them. */
const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const maxLength = 253;

/**
 * What is wrong with the names of manifests, for each of them: one that no object may have, or that another has, so that
 * whichever is applied last would take the other's place. A `.lua` file is no manifest, and has its name from the file.
 */
export function nameProblems(plugins: readonly SourceObject[]): Diagnostic[][] {
  const places = new Map<string, string>();
  return plugins.map(({ file, value, lineOf }) => {
    const { name }: { name?: unknown } = Object(value.metadata);
    if (file.endsWith('.lua') || typeof name !== 'string') return [];
    const line = lineOf(['metadata', 'name']);
    const problem = (message: string) => [{ file, line, message: `metadata.name: ${message}` }];
    if (name.length > maxLength || !namePattern.test(name)) {
      return problem(
        `${JSON.stringify(name)} is no name of an object: use lower-case letters, digits, "-" and ".", ` +
          'with a letter or digit first and last',
      );
    }
    const other = places.get(name);
    if (other !== undefined)
      return problem(`${name} is the name of a plugin in ${other}, too; give one another name`);
    places.set(name, `${file}:${line}`);
    return [];
  });
}
