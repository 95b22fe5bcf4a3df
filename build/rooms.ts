/**
 * Which room of the operator may import from which; `make lint` runs it. It names each import that the table does not
 * allow, and each circle of files. What is imported as a type, or by `import()`, counts as well.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

const everybodys = ['time', 'observability'];

/**
 * A room a line: its folder, then what it may know beside itself and `everybody's`. It may name only rooms that stand
 * above it. The files in operator/ itself join the rooms: they may know all, and nobody knows them.
 */
const table = `
  time

  kube/client
  kube/watch         kube/client
  kube/queue         kube/client
  kube/events        kube/client kube/queue
  api                kube/client
  config             api
  process            kube/client config
  kube/election      kube/client process
  sandbox            api
  workloads          kube/client kube/watch kube/queue kube/events api
  plugins/script     kube/client kube/watch api sandbox
  plugins/state      api sandbox plugins/script
  plugins/status     kube/client kube/events api sandbox plugins/state
  plugins/revisions  kube/client kube/queue kube/events api plugins/state plugins/status
  plugins/lifecycle  api sandbox plugins/script plugins/state plugins/status
  plugins/node-reports    kube/client kube/watch api kube/election sandbox plugins/status
  plugins            kube/client kube/watch kube/queue kube/events api sandbox plugins/script plugins/state plugins/status plugins/revisions plugins/lifecycle plugins/node-reports
  pods/annotations   kube/client sandbox
  pods/store         kube/client kube/watch api workloads pods/annotations
  pods/resolve       kube/client api sandbox workloads plugins/state pods/annotations pods/store
  pods/dry-run       api plugins/state pods/annotations pods/store
  pods/conflicts     sandbox plugins/state plugins/status pods/store
  pods/refusals      kube/client kube/events
  pods/write         kube/client kube/queue pods/annotations pods/refusals
  pods               config api kube/client kube/events kube/watch kube/queue workloads sandbox plugins/state plugins/status pods/annotations pods/store pods/resolve pods/dry-run pods/conflicts pods/refusals pods/write
  certificates       kube/client
  serving/http       config
  admission          kube/client api config sandbox plugins/script certificates serving/http
  serving            kube/client config certificates serving/http admission
  luaplugin          kube/client kube/election api config process sandbox workloads plugins/script plugins/state plugins/node-reports pods/annotations pods/store pods/resolve pods/refusals pods/write
`;

const rooms = new Map(everybodys.map((room) => [room, new Set<string>()]));
for (const line of table.trim().split('\n')) {
  const [room = '', ...known] = line.trim().split(/ +/);
  const unknown = known.find((one) => !rooms.has(one));
  if (unknown !== undefined)
    throw new Error(`build/rooms.ts: ${room} names ${unknown}, which does not stand above it`);
  rooms.set(room, new Set([...everybodys, ...known]));
}

/** The room that a file is in: the longest folder that the table has; undefined for what joins the rooms. */
function roomOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    const room = folder.replace(/^operator\//, '');
    if (rooms.has(room)) return room;
  }
  return undefined;
}

/** The files that a file imports, in any way. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, path = '']) => join(dirname(file), path));
}

/** The first circle that is met from a file on, as the files on it; undefined without one. */
function circleFrom(file: string, way: readonly string[] = []): readonly string[] | undefined {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
  if (withoutCircle.has(file)) return undefined;
  for (const next of imports.get(file) ?? []) {
    const circle = circleFrom(next, [...way, file]);
    if (circle !== undefined) return circle;
  }
  withoutCircle.add(file);
  return undefined;
}

const files = globSync('{operator,luaplugin}/**/*.ts').sort();
const imports = new Map(files.map((file) => [file, importsOf(file)]));
const withoutCircle = new Set<string>();
const problems: string[] = [];
for (const [file, targets] of imports) {
  const room = roomOf(file);
  if (file.startsWith('operator/') && dirname(file) !== 'operator' && room === undefined) {
    problems.push(`${file} is in no room of the table`);
  }
  for (const target of targets) {
    const other = roomOf(target);
    const isAllowed =
      room === undefined || room === other || (other !== undefined && rooms.get(room)?.has(other));
    if (!isAllowed)
      problems.push(`${file} imports ${target}: ${room} does not know ${other ?? 'what joins the rooms'}`);
  }
}
const circle = files.map((file) => circleFrom(file)).find((one) => one !== undefined);
if (circle !== undefined) problems.push(`a circle: ${circle.join(' imports ')}`);
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\nThe table of rooms is in build/rooms.ts.\n`);
  process.exitCode = 1;
}
