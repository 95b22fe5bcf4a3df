/**
 * Ends a process whose Node is too old, in one line, with exit code 2. Each entry imports it before anything else, and
 * the built ones load the rest by `import()`: what an older Node lacks would be an error before any line runs. So there
 * is nothing in here, either, that Node 18 could not read.
 */
const oldestMajor = 24;

const { node } = process.versions;
if (Number.parseInt(node, 10) < oldestMajor) {
  process.stderr.write(`lua-plugin-operator needs Node ${oldestMajor} or newer, and this is ${node}\n`);
  process.exit(2);
}
