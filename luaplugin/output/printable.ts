// Control characters but tab, with those of Unicode that turn a line round: a terminal acts on them.
const controls = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** One line of text that is safe on a terminal: what a terminal would act on becomes a replacement character. */
export function printable(text: string): string {
  return text.replaceAll(controls, (character) => (character === '\t' ? character : '\ufffd'));
}
