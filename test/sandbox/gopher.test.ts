import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { goBuildTimeoutMs } from '../support/go-program.ts';
import { readCorpus } from './gopher/corpus/index.ts';
import { differences } from './gopher/differences.ts';
import { askGopherLua, askSandbox, buildGopherLua, type Outcome } from './gopher/reference.ts';

/** Debian's lua-dkjson. */
const dkjson = ['/usr/share/lua/5.1/dkjson.lua', '/usr/share/lua/5.4/dkjson.lua'].find((path) =>
  existsSync(path),
);
const page = new URL('../../docs/lua.md', import.meta.url);

describe('A script under DeepFlow and here', () => {
  if (dkjson === undefined) {
    it('is not compared: that takes apt-get install lua-dkjson');
    return;
  }

  let compared: {
    readonly script: string;
    readonly family: string;
    readonly there: Outcome[];
    readonly here: Outcome[];
  }[];
  before('run the corpus in both', async function () {
    this.timeout(goBuildTimeoutMs);
    const corpus = await readCorpus();
    const there = askGopherLua(await buildGopherLua(), dkjson, corpus);
    const here = askSandbox(corpus);
    compared = corpus.map(({ script, family }, index) => ({
      script,
      family,
      there: there[index] ?? [],
      here: here[index] ?? [],
    }));
  });

  it('gives the same answer for each Pod, in gopher-lua 1.1.2 and in the sandbox, or docs/lua.md says why not', () => {
    const unexplained = differing().filter(
      ({ script }) => !differences.some(({ scripts }) => scripts.test(script)),
    );
    expect(unexplained.slice(0, 5), `${unexplained.length} of ${compared.length} scripts`).to.deep.equal([]);
    expect(compared.length).to.be.at.least(500);
  });

  it('differs in nothing that docs/lua.md has no row for, and each row is still true', async () => {
    const text = await readFile(page, 'utf8');
    for (const { row, scripts } of differences) {
      expect(text, row).to.contain(`| ${row} |`);
      expect(
        differing().some(({ script }) => scripts.test(script)),
        `${row}: nothing differs any more`,
      ).to.equal(true);
    }
  });

  after('say how many scripts were compared', () => {
    const classes = differences.map(
      ({ row, scripts }) => `${differing().filter(({ script }) => scripts.test(script)).length} ${row}`,
    );
    const failed = compared.filter(
      ({ there, here }) => !isSame(there, here) && failsAlike(there, here),
    ).length;
    const figures = [
      `${compared.length} scripts`,
      `${compared.length - differing().length} equal (${failed} of them fail in both, in other words)`,
      `${differing().length} different: ${classes.join('; ')}`,
    ];
    if (process.env.GOPHER_FIGURES !== undefined) process.stderr.write(`${figures.join('\n')}\n`);
  });

  function differing() {
    return compared.filter(({ there, here }) => !failsAlike(there, here));
  }
});

function isSame(there: readonly Outcome[], here: readonly Outcome[]): boolean {
  return JSON.stringify(there) === JSON.stringify(here);
}

/** The same for each Pod, but for what an error says that nobody catches. */
function failsAlike(there: readonly Outcome[], here: readonly Outcome[]): boolean {
  return there.every((outcome, index) => {
    const other = here[index];
    if (other === undefined) return false;
    if ('error' in outcome || 'error' in other) return 'error' in outcome && 'error' in other;
    return isSame([outcome], [other]);
  });
}
