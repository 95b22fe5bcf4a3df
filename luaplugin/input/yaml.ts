import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import { InputError } from '../program/errors.ts';
import { type ScriptLines, scriptLines } from './script-lines.ts';
import type { Source } from './text.ts';

/** One YAML or JSON document, and where its parts stand. */
export interface SourceDocument {
  readonly file: string;
  /** Plain data; no part of it holds itself. */
  readonly value: unknown;
  /**
   * The line, from 1, of a field; of the nearest one around it when it is not there.
   * @param steps keys and indices from the root
   */
  lineOf(steps: readonly string[]): number;
  /** Where the lines of a text in the document stand in the file. */
  linesOf(steps: readonly string[]): ScriptLines;
}

/**
 * Reads the documents of a YAML or JSON file; empty ones are left out.
 * @throws InputError for the first thing that is no YAML
 */
export function parseDocuments({ file, text }: Source): SourceDocument[] {
  const counter = new LineCounter();
  const documents: Document.Parsed[] = [
    ...parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, merge: true }),
  ];
  const lineAt = (offset: number) => Math.max(1, counter.linePos(offset).line);
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error) {
      throw new InputError({ file, line: lineAt(error.pos[0]), message: `is no YAML: ${error.message}` });
    }
    if (document.contents === null) return [];
    const value = plainValue(document, file, lineAt(document.range[0]));
    if (value === null) return [];
    return [
      {
        file,
        value,
        lineOf: (steps) => lineAt(locate(document, steps).offset),
        linesOf: (steps) => {
          const { offset, node } = locate(document, steps);
          const line = lineAt(offset);
          if (!isScalar(node) || !node.range) return { isExact: false, lineOf: () => line };
          const [start, end] = node.range;
          return scriptLines(text.slice(start, end), node.type ?? 'PLAIN', lineAt(start));
        },
      },
    ];
  });
}

/** Aliases can make a document hold itself, or grow beyond all bounds. */
function plainValue(document: Document.Parsed, file: string, line: number): unknown {
  try {
    const value: unknown = document.toJS();
    JSON.stringify(value);
    return value;
  } catch {
    const message = 'its YAML aliases (*name) go round in a circle or are too many; write them out';
    throw new InputError({ file, line, message });
  }
}

/** The offset of a field's key, or of a list's entry, and its value if it is there. */
function locate(document: Document.Parsed, steps: readonly string[]): { offset: number; node: Node | null } {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? document.range[0];
  for (const step of steps) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    let next: unknown;
    let at: Node | undefined;
    if (isMap<Node, Node | null>(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      at = pair?.key;
      next = pair?.value;
    } else if (isSeq<Node>(node)) {
      at = node.items[Number(step)];
      next = at;
    }
    if (!at?.range) return { offset, node: null };
    offset = at.range[0];
    node = (next ?? null) as Node | null;
  }
  return { offset, node: isAlias(node) ? (node.resolve(document) ?? null) : node };
}
