/** An owner as Kubernetes records it: always in the owned object's namespace, or cluster-scoped. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  /** At most one owner of an object is its controller. */
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** The metadata of an object as the API server returns it, as far as the operator reads it. */
export interface ObjectMeta {
  name: string;
  /** Absent for cluster-scoped objects. */
  namespace?: string;
  uid: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  /** RFC 3339. */
  creationTimestamp?: string;
  /** RFC 3339; present while the object waits for its finalizers or its grace period. */
  deletionTimestamp?: string;
  managedFields?: unknown[];
}

/** Any object of the API server. Items of a typed list come without apiVersion and kind. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** The least that a list or watch returns of every object; KubeObject and generated types both have it. */
export interface Identified {
  apiVersion?: string;
  kind?: string;
  metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string };
}
