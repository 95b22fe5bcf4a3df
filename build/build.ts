import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { licensesOf } from './licenses.ts';
import { narrow } from './narrow.ts';

/**
 * Bundles the program to dist/, which needs Node 24 and nothing else. Modules as they come cost 100 MB of memory at run
 * time, most of it for what is never called. Sandbox host and operator are two bundles, so that the host can't load
 * what is the operator's.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'operator');
const dist = join(root, 'dist');
const out = join(dist, 'operator');

const common = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  sourcemap: true,
  // Names stay: stack traces are read by people.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // CommonJS packages ask for Node's own modules by require.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** Each file still finds what lies beside it: all of the bundle lies in the one folder `out`. */
const ownUrls: Plugin = {
  name: 'own-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\/operator\/.*\.ts$/ }, async ({ path }) => {
      const place = relative(source, path).split(sep).join('/').replace(/ts$/, 'js');
      const url = `new URL('./${place}', import.meta.url).href`;
      return { contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

await rm(dist, { recursive: true, force: true });
const operator = await build({
  ...common,
  entryPoints: {
    main: join(root, 'build/start.ts'),
    luaplugin: join(root, 'luaplugin/main.ts'),
    'host-client': join(source, 'sandbox/host-client.ts'),
  },
  outdir: out,
  plugins: [ownUrls, narrow],
});
const threads = ['host/main', 'worker/main', 'worker/check-parameters'];
const sandbox = await build({
  ...common,
  entryPoints: Object.fromEntries(threads.map((name) => [name, join(source, 'sandbox', `${name}.ts`)])),
  outdir: join(out, 'sandbox'),
});

await cp(join(source, 'sandbox/lua-library'), join(out, 'sandbox/lua-library'), { recursive: true });
const wasm = fileURLToPath(new URL('glue.wasm', import.meta.resolve('wasmoon')));
await cp(wasm, join(out, 'sandbox/glue.wasm'));
await chmod(join(out, 'sandbox/glue.wasm'), 0o644);
await chmod(join(out, 'luaplugin.js'), 0o755);
await mkdir(join(dist, 'crds'));
for (const file of await readdir(join(root, 'crds'))) {
  if (file.endsWith('.yaml')) await cp(join(root, 'crds', file), join(dist, 'crds', file));
}

const { name, version, description, license, type, engines } = JSON.parse(
  await readFile(join(root, 'package.json'), 'utf8'),
);
const bin = { luaplugin: 'operator/luaplugin.js', 'kubectl-luaplugin': 'operator/luaplugin.js' };
const manifest = { name, version, description, license, private: true, type, engines, bin };
await writeFile(join(dist, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
await cp(join(root, 'LICENSE'), join(dist, 'LICENSE'));
const inputs = [operator, sandbox].flatMap(({ metafile }) => Object.keys(metafile.inputs));
await writeFile(join(dist, 'THIRD-PARTY-LICENSES'), `${licensesOf([...inputs, wasm])}\n`);
