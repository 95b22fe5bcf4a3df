/**
 * Drops known fields that are null, as in a YAML key without a value: to the API server they are absent.
 * @param schema a JSON Schema; what it does not know stays
 * @returns a copy where something was dropped
 */
export function withoutNulls(value: unknown, schema: unknown): unknown {
  const { properties = {}, additionalProperties, items } = Object(schema) as Partial<Record<string, object>>;
  if (Array.isArray(value)) return value.map((entry) => withoutNulls(entry, items));
  if (typeof value !== 'object' || value === null) return value;
  const known = (key: string): unknown =>
    Object.hasOwn(properties, key) ? Reflect.get(properties, key) : additionalProperties || undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      const fieldSchema = known(key);
      if (fieldSchema === undefined) return [[key, field]];
      return field === null ? [] : [[key, withoutNulls(field, fieldSchema)]];
    }),
  );
}
