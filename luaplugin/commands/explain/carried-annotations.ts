import { writersOf } from '../../../operator/kube/client/managed-fields.ts';
import type { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import type { MirroredMeta } from '../../../operator/pods/annotations/mirror.ts';

/** What the operator writes on a Pod, as one has it, and who wrote it, as far as managedFields tell. */
export interface CarriedAnnotation {
  readonly key: string;
  readonly value: string;
  /** Where the mirror writes: what it is. Absent for the operator's own annotations. */
  readonly mirror?: 'label' | 'annotation';
  /** The field manager. */
  readonly writtenBy?: string;
  /** When that manager last wrote to the Pod, in RFC 3339. */
  readonly writtenAt?: string;
}

/** The operator's annotations that a Pod has, then what stands where the mirror writes; each with its writer. */
export function carriedAnnotations(metadata: MirroredMeta, keys: AnnotationKeys): CarriedAnnotation[] {
  const { labels, annotations } = keys.mirror.keys;
  const own = [keys.type, keys.name, keys.resolvedBy];
  return [
    ...own.flatMap((key) => carried(metadata, 'annotations', key)),
    ...labels.flatMap((key) => carried(metadata, 'labels', key, 'label')),
    ...annotations.flatMap((key) => carried(metadata, 'annotations', key, 'annotation')),
  ];
}

function carried(
  metadata: MirroredMeta,
  field: 'labels' | 'annotations',
  key: string,
  mirror?: 'label' | 'annotation',
): CarriedAnnotation[] {
  const value = metadata[field]?.[key];
  if (value === undefined) return [];
  const [writer] = writersOf(metadata.managedFields, field, key);
  return [
    {
      key,
      value,
      ...(mirror === undefined ? {} : { mirror }),
      ...(writer?.manager === undefined ? {} : { writtenBy: writer.manager }),
      ...(writer?.time === undefined ? {} : { writtenAt: writer.time }),
    },
  ];
}
