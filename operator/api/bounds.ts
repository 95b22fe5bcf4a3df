import type { FieldError } from './errors.ts';

/**
 * What the schema can't bound: fields that may hold any JSON. The operator keeps every plugin in its memory and walks
 * through these by recursion, so a plugin's author must not choose how much and how deep.
 */
interface Bound {
  /** Objects and lists inside one another. */
  readonly depth: number;
  /** Values, at any depth. */
  readonly values: number;
  /** Characters of all texts and keys. */
  readonly characters: number;
}

const bounds: Readonly<Record<string, Bound>> = {
  parameters: { depth: 64, values: 10_000, characters: 262_144 },
  parametersSchema: { depth: 64, values: 10_000, characters: 262_144 },
  tests: { depth: 64, values: 50_000, characters: 524_288 },
};

/** The first field of a plugin's spec that holds more than the operator takes, and how much that is. */
export function findExcess(spec: unknown): FieldError | undefined {
  const fields = (spec ?? {}) as Readonly<Record<string, unknown>>;
  for (const [field, bound] of Object.entries(bounds)) {
    const message = excessOf(fields[field], bound);
    if (message !== undefined) return { path: `spec.${field}`, message };
  }
  return undefined;
}

/** Walks without recursion: what is looked for is what recursion would not survive. */
function excessOf(root: unknown, bound: Bound): string | undefined {
  let level: unknown[] = [root];
  let values = 0;
  let characters = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > bound.depth) return `must be nested at most ${bound.depth} levels deep`;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'string') characters += value.length;
      if (typeof value !== 'object' || value === null) continue;
      if (!Array.isArray(value)) for (const key of Object.keys(value)) characters += key.length;
      for (const child of Object.values(value)) next.push(child);
    }
    values += next.length;
    if (values > bound.values) return `must hold at most ${bound.values} values`;
    if (characters > bound.characters) return `must hold at most ${bound.characters} characters`;
    level = next;
  }
  return undefined;
}
