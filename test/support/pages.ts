import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/**
 * The fenced blocks of one language on a page of the documentation.
 * @param page its path from the repository's root
 */
export async function fencedBlocks(page: string, language: string): Promise<string[]> {
  const text = await readFile(fileURLToPath(new URL(`../../${page}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, found, block = '']) =>
    found === language ? block : [],
  );
}

/**
 * The one block of a language on a page that contains a text: what a test tries is then what readers paste.
 * @throws when there is none, or several
 */
export async function fencedBlock(page: string, language: string, text: string): Promise<string> {
  const [block, ...others] = (await fencedBlocks(page, language)).filter((one) => one.includes(text));
  if (block === undefined || others.length > 0) {
    throw new Error(
      `${page} has ${others.length + (block === undefined ? 0 : 1)} blocks of ${language} with "${text}"`,
    );
  }
  return block;
}
