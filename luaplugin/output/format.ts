/** What a terminal would act on and both formats leave as it is: DEL, the C1 controls, and what turns a line round. */
const controls = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * A value as JSON or YAML text, with a newline at its end. Anybody may have written what is in it, so characters that
 * a terminal would act on are escaped; a reader of either format gets the same value.
 */
export async function structured(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return `${escaped(JSON.stringify(value, undefined, 2))}\n`;
  const { yamlText } = await import('./yaml.ts');
  return escaped(yamlText(value, controls));
}

function escaped(text: string): string {
  return text.replaceAll(
    controls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
