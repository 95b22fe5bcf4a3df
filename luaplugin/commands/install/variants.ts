/** The ways to install the operator; each is a folder of config/, and kustomize makes the same of it. */
export const variants = ['default', 'high-availability', 'daemonset', 'deepflow', 'cert-manager'] as const;
export type Variant = (typeof variants)[number];
