import type { LabelSelector, LabelSelectorRequirement, Match, OwnerKind } from './generated.ts';

type Labels = Readonly<Record<string, string>>;

/** What of a Pod's metadata a match looks at. */
export interface MatchablePod {
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly ownerReferences?: readonly { readonly apiVersion: string; readonly kind: string }[];
}

/** Whether a plugin is asked about a Pod. */
export type PodMatcher = (pod: MatchablePod) => boolean;

/**
 * Looks up a Namespace's labels; undefined when the Namespace is not known. Asked on each match, so the answer
 * may change while a matcher is in use.
 */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

/**
 * Makes a plugin's `spec.match` into one function.
 * @param match absent, or without a condition: every Pod matches
 * @param namespaceLabels for `namespaceSelector`; a Pod in a Namespace that is not known does not match it
 */
export function compileMatch(match: Match | undefined, namespaceLabels: NamespaceLabels): PodMatcher {
  const conditions: PodMatcher[] = [];
  const { namespaces, namespaceSelector, podSelector, owners } = match ?? {};
  if (namespaces) {
    const included = compileGlobs(namespaces);
    conditions.push(({ namespace = '' }) => included(namespace));
  }
  if (namespaceSelector) {
    const selects = compileSelector(namespaceSelector);
    conditions.push(({ namespace = '' }) => {
      const labels = namespaceLabels(namespace);
      return labels !== undefined && selects(labels);
    });
  }
  if (podSelector) {
    const selects = compileSelector(podSelector);
    conditions.push(({ labels = {} }) => selects(labels));
  }
  if (owners && owners.length > 0) {
    conditions.push(({ ownerReferences = [] }) =>
      ownerReferences.some((reference) => owners.some((owner) => isOwner(reference, owner))),
    );
  }
  return (pod) => conditions.every((holds) => holds(pod));
}

/**
 * Makes lists of globs into one function over names. An absent or empty `include` lets every name in; `exclude`
 * wins. In a glob `*` stands for any characters and `?` for one.
 */
export function compileGlobs(globs: {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}): (name: string) => boolean {
  const { include = [], exclude = [] } = globs;
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const included = include.length === 0 || include.some((glob) => matchesGlob(name, glob));
    const answer = included && !exclude.some((glob) => matchesGlob(name, glob));
    if (known.size >= rememberedNames) known.clear();
    known.set(name, answer);
    return answer;
  };
}

/** Names whose answer a matcher remembers; more namespaces than most clusters have. */
const rememberedNames = 1_000;

/**
 * Whether a glob matches the whole name, in steps that are at most the product of the two lengths: a regular
 * expression made of a glob can take exponentially more, and globs come from whoever may write a plugin.
 */
function matchesGlob(name: string, glob: string): boolean {
  let at = 0;
  let step = 0;
  /** The last star in the glob, and how far it reaches in the name. */
  let star = -1;
  let reach = 0;
  while (at < name.length) {
    if (glob[step] === '*') {
      star = step;
      reach = at;
      step += 1;
    } else if (glob[step] === '?' || glob[step] === name[at]) {
      step += 1;
      at += 1;
    } else if (star >= 0) {
      reach += 1;
      at = reach;
      step = star + 1;
    } else {
      return false;
    }
  }
  while (glob[step] === '*') step += 1;
  return step === glob.length;
}

/**
 * Makes a label selector into one function over labels, as Kubernetes reads it: all parts have to hold, and an
 * empty selector selects everything.
 */
export function compileSelector(selector: LabelSelector): (labels: Labels) => boolean {
  const wanted = Object.entries(selector.matchLabels ?? {});
  const requirements = selector.matchExpressions ?? [];
  return (labels) =>
    wanted.every(([key, value]) => labelOf(labels, key) === value) &&
    requirements.every((requirement) => isMet(requirement, labels));
}

function isMet({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Only the object's own keys are labels: `constructor` is no label of a Pod without labels. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function isOwner(
  reference: { readonly apiVersion: string; readonly kind: string },
  owner: OwnerKind,
): boolean {
  if (reference.kind !== owner.kind) return false;
  return owner.apiGroup === undefined || owner.apiGroup === apiGroupOf(reference.apiVersion);
}

/** The group of an apiVersion: `apps` of `apps/v1`, and the empty core group of `v1`. */
function apiGroupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
