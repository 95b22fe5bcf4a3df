/** The most bytes of a message that reaches a status, a log or an event. */
const messageBytes = 256;
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu;
const ascii = /^[\x20-\x7e]*$/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text from bytes (one character a byte); undefined when they are no UTF-8. */
export function textOf(bytes: string): string | undefined {
  if (ascii.test(bytes)) return bytes;
  try {
    return strictUtf8.decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined; // Not UTF-8.
  }
}

/** A message from bytes that a script chose (one character a byte), made printable and at most 256 bytes long. */
export function messageFromBytes(bytes: string): string {
  return boundedMessage(Buffer.from(bytes, 'latin1').toString('utf8'));
}

/** A message made printable and at most 256 bytes long. */
export function boundedMessage(text: string): string {
  const printable = text.replace(/\s+/g, ' ').replace(unprintable, '\ufffd').trim();
  if (Buffer.byteLength(printable) <= messageBytes) return printable;
  let kept = '';
  let bytes = Buffer.byteLength('…');
  for (const character of printable) {
    bytes += Buffer.byteLength(character);
    if (bytes > messageBytes) break;
    kept += character;
  }
  return `${kept}…`;
}
