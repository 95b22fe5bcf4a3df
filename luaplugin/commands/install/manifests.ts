import { defaultNamespace } from '../../../operator/kube/election/leadership.ts';
import { identityOf, type Manifest } from '../../cluster/manifest.ts';
import type { Variant } from '../../program/options.ts';
import generated from './generated.json' with { type: 'json' };

/** The label that every object of an install carries, and what it says. */
export const nameLabel = 'app.kubernetes.io/name';
export const installName = 'lua-plugin-operator';

/** The objects of all variants, in the order in which they are applied, each with the variants that have it so. */
const bundled = generated as unknown as readonly {
  readonly variants: readonly Variant[];
  readonly object: Manifest;
}[];

/** What can be chosen about an install. */
export interface Choices {
  readonly variant: Variant;
  /** The operator's own namespace. */
  readonly namespace: string;
  /** The operator's image; absent: as config/ has it. */
  readonly image?: string | undefined;
}

/** The objects of an install, in the order in which they are to be applied. */
export function manifestsOf({ variant, namespace, image }: Choices): Manifest[] {
  return bundled
    .filter(({ variants }) => variants.includes(variant))
    .map(({ object }) => withImage(inNamespace(object, namespace), image));
}

/** Every object that any variant has, each once, in the order in which they are applied. */
export function allManifests(namespace: string): Manifest[] {
  const placed = bundled.map(({ object }) => inNamespace(object, namespace));
  return [...new Map(placed.map((object) => [identityOf(object), object])).values()];
}

/** The namespace's name stands in subjects, certificates' names and a policy's expression, too. */
function inNamespace(object: Manifest, namespace: string): Manifest {
  return JSON.parse(JSON.stringify(object).replaceAll(defaultNamespace, namespace)) as Manifest;
}

/** A Deployment or a DaemonSet. */
interface Workload extends Manifest {
  readonly spec: { readonly template: { readonly spec: { readonly containers: { image: string }[] } } };
}

function withImage(object: Manifest, image: string | undefined): Manifest {
  if (image === undefined || !['Deployment', 'DaemonSet'].includes(object.kind)) return object;
  const workload = structuredClone(object) as Workload;
  for (const container of workload.spec.template.spec.containers) container.image = image;
  return workload;
}
