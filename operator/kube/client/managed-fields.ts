/** metav1.ManagedFieldsEntry, as far as it is read. */
export interface ManagedFields {
  /** Who wrote: the fieldManager of the request, else what its user agent begins with. */
  readonly manager?: string;
  /** When that manager last wrote to the object, in RFC 3339. */
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/**
 * Who wrote a label or annotation, by an object's `metadata.managedFields`. Several only where server-side apply has
 * them share it.
 */
export function writersOf(
  managedFields: readonly unknown[] | undefined,
  field: 'labels' | 'annotations',
  key: string,
): ManagedFields[] {
  const entries: readonly ManagedFields[] = (managedFields ?? []).map(Object);
  return entries.filter(({ fieldsV1 }) =>
    Object.hasOwn(Object(Object(fieldsV1?.['f:metadata'])[`f:${field}`]), `f:${key}`),
  );
}
