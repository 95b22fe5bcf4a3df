import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** As many texts share a page: enough for what they have in common to be written once. */
const pageTexts = 64;
/** Level 1 takes about 5 us a text of 1.4 KB and leaves about 85 bytes; on pages so small higher levels gain nothing. */
const params = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Pages kept unpacked; whoever goes through the texts in order unpacks each page once. */
const unpackedPages = 8;

interface Page {
  /** Who holds the text at that index; undefined where it was removed. */
  readonly holders: (StoredText | undefined)[];
  /** The texts while the page is open; later they are packed. */
  texts: string[] | undefined;
  packed: string | undefined;
  live: number;
}

/** A text's place. Whoever keeps something beside each text can keep the two fields in it, and spare an object. */
export interface StoredText {
  /** @internal Undefined until the text is added. */
  page: Page | undefined;
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

  /** @param stored takes the text's place; a place of its own by default */
  add(text: string, stored: StoredText = { page: undefined, index: 0 }): StoredText {
    this.#put(stored, text);
    return stored;
  }

  /** The text that is stored there; empty when none is. */
  read({ page, index }: StoredText): string {
    return page === undefined ? '' : (this.#textsOf(page)[index] ?? '');
  }

  /** Gives a text's place up. */
  remove(stored: StoredText): void {
    const { page, index } = stored;
    stored.page = undefined;
    if (page?.holders[index] !== stored) return;
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
    const bytes = Buffer.from(texts.join('\n'));
    // Told the size, zstd takes memory for that and not for megabytes: four times as fast, and less to fragment.
    const packed = zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
    // As a string of bytes it lies in V8's heap, which is compacted. Thousands of small buffers that stay, between
    // large ones that come and go, would leave malloc's heap full of holes: 50 MB at 50,000 Pods.
    page.packed = packed.toString('latin1');
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
      zstdDecompressSync(Buffer.from(page.packed ?? '', 'latin1'))
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
