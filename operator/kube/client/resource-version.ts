/**
 * Whether an object's version came before another of the same object. Resource versions are whole numbers of any
 * length; that they may be compared is promised since Kubernetes 1.35, and has always held.
 */
export function isOlderVersion(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length;
}
