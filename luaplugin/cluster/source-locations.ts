import { luaNamePattern } from '../input/script-lines.ts';

/** Says where in the author's files something is that the operator names by plugin and line, or by a test's name. */
export interface SourceLocations {
  /** A message with places of the script, `opengauss:12:`, in the words of the author's file. */
  inScript(message: string): string;
  /** Where a test stands, as `tests.yaml:7`. */
  ofTest(name: string): string;
}

/** What a script's author sees who has no file at hand. */
export function locationsOnCluster(plugin: string): SourceLocations {
  return { inScript: (message) => message, ofTest: (name) => `${plugin}: test "${name}"` };
}

/**
 * Turns the operator's places into those of the author's files.
 * @param plugin the name under which Lua speaks of the script
 * @param file the script's, as the user named it
 * @param placeOfTest `tests.yaml:7`; undefined for a test that is in no file at hand
 */
export function locationsInFiles(
  plugin: string,
  file: string,
  placeOfTest: (name: string) => string | undefined,
): SourceLocations {
  const { ofTest } = locationsOnCluster(plugin);
  const place = new RegExp(String.raw`(?<![-\w./])${luaNamePattern(plugin)}:(\d+):`, 'g');
  return {
    inScript: (message) => message.replaceAll(place, (_, line) => `${file}:${line}:`),
    ofTest: (test) => placeOfTest(test) ?? ofTest(test),
  };
}
