import type { AuthorsPlaces } from '../../cluster/report-readiness.ts';

/** Lua shortens a script's name to 59 characters in its messages. */
const chunkNameCharacters = 59;

/**
 * Turns the operator's places into those of the author's files.
 * @param plugin the name under which Lua speaks of the script
 * @param file the script's, as the user named it
 * @param placeOfTest `tests.yaml:7`; undefined for a test that is in no file at hand
 */
export function placesInFiles(
  plugin: string,
  file: string,
  placeOfTest: (name: string) => string | undefined,
): AuthorsPlaces {
  const names = [plugin, plugin.slice(0, chunkNameCharacters)].map((name) =>
    name.replaceAll(/[^\w]/g, String.raw`\$&`),
  );
  const place = new RegExp(String.raw`(?<![-\w./])(?:${names.join('|')}):(\d+):`, 'g');
  return {
    inScript: (message) => message.replaceAll(place, (_, line) => `${file}:${line}:`),
    ofTest: (test) => placeOfTest(test) ?? `${plugin}: test "${test}"`,
  };
}
