/**
 * The fields of metav1.ObjectMeta that the operator reads, as the API server sends them: times are strings, and
 * an absent field is an absent key.
 */
export interface ObjectMeta {
  name: string;
  /** Absent for cluster-scoped objects. */
  namespace?: string;
  uid?: string;
  /** Grows with each change of the spec. */
  generation?: number;
  resourceVersion?: string;
  creationTimestamp?: string;
  /** Set while the object waits for its finalizers. */
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
}

/** One owner of an object; at most one of them is its controller. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}
