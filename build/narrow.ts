import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const standIn = (file: string) => fileURLToPath(new URL(`narrow/${file}`, import.meta.url));

/** Packages of which the program uses a corner, and the corner. */
const packages = new Map([
  ['@kubernetes/client-node', standIn('client-node.ts')],
  ['undici', standIn('undici.js')],
]);

/**
 * Leaves out what the program has no use for, where a bundler can't see it: CommonJS packages, and re-exports of all
 * there is. A name that is missing in a stand-in fails the build; the built program's tests are in test/e2e.
 */
export const narrow: Plugin = {
  name: 'narrow',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(@kubernetes\/client-node|undici)$/ }, ({ path }) => ({
      path: packages.get(path) ?? '',
    }));
    onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.includes('@kubernetes/client-node') ? { path: standIn('client-node-gen.ts') } : undefined,
    );
    // dot-i's own calls to the API server, none of which is used.
    onResolve({ filter: /^gaxios$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /./, namespace: 'left-out' }, () => ({ contents: '' }));
  },
};
