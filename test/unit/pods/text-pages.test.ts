import { expect } from 'chai';
import { type StoredText, TextPages } from '../../../operator/pods/store/text-pages.ts';
import { usedBytes } from '../../support/heap.ts';
import { seededRandom } from '../support/random.ts';

function text(index: number): string {
  return JSON.stringify({
    name: `web-${index}`,
    namespace: 'shop',
    labels: { app: 'web' },
    note: 'ä'.repeat(100),
  });
}

describe('the pages of texts', () => {
  it('give back every text, from pages packed and open', () => {
    const pages = new TextPages();
    const stored = Array.from({ length: 1000 }, (_, index) => pages.add(text(index)));
    for (const [index, handle] of stored.entries()) expect(pages.read(handle)).to.equal(text(index));
  });

  it('give back every text in any order', () => {
    const pages = new TextPages();
    const stored = Array.from({ length: 1000 }, (_, index) => pages.add(text(index)));
    for (let step = 0, index = 0; step < 1000; step += 1, index = (index + 617) % 1000) {
      expect(pages.read(stored[index] as StoredText)).to.equal(text(index));
    }
  });

  it('keep what is left when texts are removed, whatever the order (seeded)', () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const pages = new TextPages();
    const kept = new Map<number, StoredText>();
    for (let step = 0; step < 5000; step += 1) {
      const index = Math.floor(random() * 400);
      const handle = kept.get(index);
      if (handle === undefined) kept.set(index, pages.add(text(index)));
      else {
        pages.remove(handle);
        kept.delete(index);
      }
    }
    for (const [index, handle] of kept) expect(pages.read(handle), `seed ${seed}`).to.equal(text(index));
  });

  it('let a text be removed twice', () => {
    const pages = new TextPages();
    const [first, second] = [pages.add(text(1)), pages.add(text(2))];
    pages.remove(first);
    pages.remove(first);
    expect(pages.read(second)).to.equal(text(2));
  });

  it('take a tenth of the memory of the texts', async () => {
    const pages = new TextPages();
    const before = await usedBytes();
    const stored = Array.from({ length: 20_000 }, (_, index) =>
      pages.add(JSON.stringify({ index, more: 'x'.repeat(1400) })),
    );
    const bytes = ((await usedBytes()) - before) / stored.length;
    expect(pages.read(stored[0] as StoredText)).to.have.length.above(1400);
    expect(bytes, 'bytes a text, its handle included').to.be.below(200);
  });
});
