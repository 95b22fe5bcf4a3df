/** RFC 1123: what names of objects, and prefixes of annotations, have to be. */
export function isSubdomain(text: string): boolean {
  return (
    text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)
  );
}

/** RFC 1123: what the name of a Namespace has to be. */
export function isLabel(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}
