import type { AnnotationKeys } from '../../pods/annotations.ts';

/** An annotation of the operator on a Pod, and who wrote it, as far as managedFields tell. */
export interface CarriedAnnotation {
  readonly key: string;
  readonly value: string;
  /** The field manager. */
  readonly writtenBy?: string;
  /** When that manager last wrote to the Pod, in RFC 3339. */
  readonly writtenAt?: string;
}

/** metav1.ManagedFieldsEntry, as far as it is read. */
interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** The operator's annotations that a Pod has, each with its writer. */
export function carriedAnnotations(
  metadata: { readonly annotations?: Readonly<Record<string, string>>; readonly managedFields?: unknown[] },
  keys: AnnotationKeys,
): CarriedAnnotation[] {
  const entries = (metadata.managedFields ?? []) as ManagedFields[];
  return [keys.type, keys.name, keys.resolvedBy].flatMap((key) => {
    const value = metadata.annotations?.[key];
    if (value === undefined) return [];
    const entry = entries.find((one) => Object.hasOwn(annotationsOf(one), `f:${key}`));
    return [
      {
        key,
        value,
        ...(entry?.manager === undefined ? {} : { writtenBy: entry.manager }),
        ...(entry?.time === undefined ? {} : { writtenAt: entry.time }),
      },
    ];
  });
}

function annotationsOf({ fieldsV1 }: ManagedFields): object {
  return Object(Object(fieldsV1?.['f:metadata'])['f:annotations']);
}
