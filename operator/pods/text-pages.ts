import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** As many texts share a page: enough for what they have in common to be written once. */
const pageTexts = 64;
/** Level 3 takes about 6 us a text of 1.4 KB and leaves about 100 bytes; higher levels gain little. */
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** Pages kept unpacked; whoever goes through the texts in order unpacks each page once. */
const unpackedPages = 8;

interface Page {
  /** Who holds the text at that index; undefined where it was removed. */
  readonly holders: (StoredText | undefined)[];
  /** The texts while the page is open; later they are packed. */
  texts: string[] | undefined;
  packed: Uint8Array | undefined;
  live: number;
}

/** A text's place; whoever stores it keeps this and nothing else. */
export interface StoredText {
  /** @internal */
  page: Page;
  /** @internal */
  index: number;
}

/**
 * Many similar texts (the metadata of Pods) in a tenth of their size. Texts are single lines. A page that lost half
 * of its texts is dissolved, so nothing grows with what was removed.
 */
export class TextPages {
  #open: Page = emptyPage();
  /** The pages unpacked last, the latest at the end. */
  readonly #unpacked = new Map<Page, string[]>();

  add(text: string): StoredText {
    const stored: StoredText = { page: this.#open, index: 0 };
    this.#put(stored, text);
    return stored;
  }

  read({ page, index }: StoredText): string {
    return this.#textsOf(page)[index] ?? '';
  }

  /** Gives a text's place up; the handle must not be used again. */
  remove({ page, index }: StoredText): void {
    if (page.holders[index] === undefined) return;
    page.holders[index] = undefined;
    page.live -= 1;
    if (page.texts !== undefined) page.texts[index] = '';
    else if (page.live <= pageTexts / 2) this.#dissolve(page);
  }

  #put(stored: StoredText, text: string): void {
    const page = this.#open;
    stored.page = page;
    stored.index = page.holders.length;
    page.holders.push(stored);
    page.texts?.push(text);
    page.live += 1;
    if (page.holders.length === pageTexts) this.#seal(page);
  }

  #seal(page: Page): void {
    this.#open = emptyPage();
    const texts = page.texts ?? [];
    page.texts = undefined;
    // Copied: what zlib returns is a part of a chunk of 16 KiB or more, all of which would be kept.
    page.packed = new Uint8Array(zstdCompressSync(texts.join('\n'), compression));
    if (page.live <= pageTexts / 2) this.#dissolve(page);
  }

  #dissolve(page: Page): void {
    const texts = this.#textsOf(page);
    this.#unpacked.delete(page);
    page.holders.forEach((holder, index) => {
      if (holder !== undefined) this.#put(holder, texts[index] ?? '');
    });
    page.packed = undefined;
  }

  #textsOf(page: Page): string[] {
    if (page.texts !== undefined) return page.texts;
    const known = this.#unpacked.get(page);
    const texts =
      known ??
      zstdDecompressSync(page.packed ?? '')
        .toString('utf8')
        .split('\n');
    this.#unpacked.delete(page);
    this.#unpacked.set(page, texts);
    const oldest = this.#unpacked.keys().next();
    if (this.#unpacked.size > unpackedPages && !oldest.done) this.#unpacked.delete(oldest.value);
    return texts;
  }
}

function emptyPage(): Page {
  return { holders: [], texts: [], packed: undefined, live: 0 };
}
