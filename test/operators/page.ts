import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Controller, Sample } from './controller.ts';
import type { Row } from './observe.ts';

/** The page of the documentation whose tables say what came; it is what `make operators` compares with. */
export const page = fileURLToPath(new URL('../../docs/real-controllers.md', import.meta.url));

/** The line of a controller in the table of controllers. */
export function controllerLine({ name, module, version, given }: Controller): string {
  return line([name, `\`${module}\` ${version}`, given]);
}

/** The lines of a sample in the table of Pods. */
export function sampleLines({ name }: Controller, { title }: Sample, rows: readonly Row[]): string[] {
  return rows.map(({ pod, count, chain, expected, came, resolvedBy }) =>
    line([
      name,
      title,
      `${count > 1 ? `${count} × ` : ''}\`${pod}\``,
      chain,
      expected,
      came === expected ? came : `**${came}**`,
      resolvedBy,
    ]),
  );
}

/** The lines that the page has for a controller, in both tables. */
export async function linesOf({ name }: Controller): Promise<string[]> {
  return (await readFile(page, 'utf8')).split('\n').filter((one) => isOf(one, name));
}

/**
 * Puts a controller's lines in the place of those that the page has.
 * @param ofController see controllerLine
 * @param ofPods see sampleLines
 * @param order the names of all controllers
 */
export async function writeLines(
  { name }: Controller,
  ofController: string,
  ofPods: readonly string[],
  order: readonly string[],
): Promise<void> {
  const lines = (await readFile(page, 'utf8')).split('\n');
  const heads = lines.flatMap((one, index) => (one.startsWith('| ---') ? [index] : []));
  // The last table first, so that the places of the one before it still count.
  for (const [head, mine] of [[heads[1] ?? 0, ofPods] as const, [heads[0] ?? 0, [ofController]] as const]) {
    const start = head + 1;
    let end = start;
    while (lines[end]?.startsWith('|')) end += 1;
    const all = [...lines.slice(start, end).filter((one) => !isOf(one, name)), ...mine];
    const place = (one: string) => order.indexOf(cells(one)[0] ?? '');
    lines.splice(start, end - start, ...all.toSorted((one, other) => place(one) - place(other)));
  }
  await writeFile(page, lines.join('\n'));
}

function isOf(text: string, name: string): boolean {
  return cells(text)[0] === name;
}

function cells(text: string): string[] {
  return text.startsWith('| ') ? text.slice(2).split(' | ') : [];
}

function line(parts: readonly string[]): string {
  return `| ${parts.join(' | ')} |`;
}
