// A module of its own, loaded on demand, that imports the package by name: bundled, a package of CommonJS that is
// loaded on demand itself has no names.
import { Document, visit } from 'yaml';

/**
 * A value as YAML.
 * @param quoted texts that this finds something in are put between double quotes, where YAML has escapes
 */
export function yamlText(value: unknown, quoted: RegExp): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_key, scalar) => {
      const text = scalar.value;
      if (typeof text === 'string' && text.search(quoted) >= 0) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString();
}
