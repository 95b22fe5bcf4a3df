import { printable } from './printable.ts';

/** Columns as kubectl sets them: padded with spaces, three between them; an empty cell is a dash. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows].map((row) => row.map((cell) => printable(cell) || '-'));
  const widths = headers.map((_, column) =>
    lines.reduce((width, row) => Math.max(width, length(row[column])), 0),
  );
  const text = lines.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - length(cell) + 3))
      .join('')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}

function length(cell = ''): number {
  return [...cell].length;
}
