/** What the workload annotations may hold, whoever gives it: a plugin, or an owner reference. */

const kindPattern = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
/** Of UTF-8, as the name of a Kubernetes object. */
export const maxNameBytes = 253;
/** Control, format, unassigned and private characters, lone surrogates, and separators of lines. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Whether a text is a Kubernetes kind: letters and digits, at most 63. */
export function isKind(text: string): boolean {
  return kindPattern.test(text);
}

/** Whether a text can be shown: no control characters, and something else than white space. */
export function isPrintable(text: string): boolean {
  return text.trim() !== '' && !unprintable.test(text);
}

/** Whether a text is a workload's name: printable, at most 253 bytes. */
export function isWorkloadName(text: string): boolean {
  return Buffer.byteLength(text) <= maxNameBytes && isPrintable(text);
}
