import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type ControlPlane, crdsDirectory, startControlPlane } from '../cluster/control-plane.ts';
import { createDeployment } from '../cluster/workloads.ts';
import { Arena } from './arena.ts';
import { serviceLabel } from './expected.ts';
import type { Instance } from './instance.ts';
import { read } from './soak/read.ts';
import { type Reading, rowsOf, soakReport } from './soak/readings.ts';

const usage = "usage: make soak ARGS='[--minutes 60] [--seed N]'";
const builtOperator = fileURLToPath(new URL('../../dist/operator/main.js', import.meta.url));
const exitCodes = { passed: 0, failed: 1, usage: 2 } as const;

/** Changes of Pods a second, and of how many Pods at the most. */
const perSecond = 50;
const names = 400;
const readEveryMs = 5_000;
/** The plugin is changed so often, and owners with their namespace come and go. */
const pluginEveryMs = 30_000;

/**
 * The built operator under steady change: Pods, a plugin that changes, one that fails, owners and namespaces that come
 * and go.
 * @returns whether memory is flat; throws when Pods differ in the end, or an invariant did not hold
 */
async function soak(minutes: number, seed: number): Promise<boolean> {
  say(`soak of ${minutes} minutes, ${perSecond} changes a second, seed ${seed}`);
  const plane = await startControlPlane({ crds: [crdsDirectory] });
  let arena: Arena | undefined;
  try {
    arena = await Arena.open(plane, { seed, steadyPods: 200 });
    const instance = await arena.startInstance({ entry: builtOperator, logLevel: 'info' });
    await arena.settled();
    const fragile = await createFragilePlugin(plane, arena);
    const readings = await run({ plane, arena, instance, ms: minutes * 60_000 });
    const { text, isFlat } = soakReport(readings);
    process.stdout.write(`\n${text}\n\n`);
    await arena.settled();
    await arena.isCounted(instance);
    say('all Pods are right, and no invariant was violated');
    await plane.kubectl(['delete', 'luaplugin', fragile]);
    return isFlat;
  } finally {
    await arena?.close();
    await plane.stop();
  }
}

interface Soak {
  readonly plane: ControlPlane;
  readonly arena: Arena;
  readonly instance: Instance;
  readonly ms: number;
}

async function run({ plane, arena, instance, ms }: Soak): Promise<Reading[]> {
  const begin = Date.now();
  await arena.churn(perSecond, names);
  const readings = [await read(instance, 0, begin)];
  let [minute, turns] = [0, 0];
  let owners: string | undefined;
  while (Date.now() - begin < ms) {
    await delay(readEveryMs);
    readings.push(await read(instance, arena.changes, begin));
    const elapsed = Date.now() - begin;
    if (elapsed >= (turns + 1) * pluginEveryMs) {
      turns += 1;
      await arena.changePlugin();
      if (owners !== undefined) await arena.deleteNamespace(owners);
      owners = await arena.openNamespace(`owners-${turns}`);
      await createDeployment(plane.api, { namespace: owners, name: 'web', pods: 5 });
      arena.assertNothingForbidden();
    }
    if (elapsed >= (minute + 1) * 60_000) {
      minute += 1;
      sayMinute(readings);
    }
  }
  return readings;
}

function sayMinute(readings: readonly Reading[]): void {
  const end = readings.at(-1)?.second ?? 0;
  const from = readings.findLast(({ second }) => second <= end - 60) ?? readings[0];
  const shifted = readings.flatMap((reading) =>
    from !== undefined && reading.second >= from.second
      ? { ...reading, second: Math.min(reading.second - from.second, 60) }
      : [],
  );
  const [row] = rowsOf(shifted);
  if (row === undefined) return;
  say(
    `${row.changes} changes, ${row.writes} writes, ${row.failedWrites} failed, ${row.depth} waiting at the most, ` +
      `operator ${row.operatorMiB.toFixed(1)} MiB, sandbox host ${row.hostMiB.toFixed(1)} MiB`,
  );
}

/** Fails on one Pod in five, and leaves the others to the arena's plugin: no Pod gets anything of it. */
async function createFragilePlugin(plane: ControlPlane, arena: Arena): Promise<string> {
  const name = `${arena.plugin}-fragile`;
  await plane.api.request('POST', '/apis/luaplugin.dev/v1alpha1/luaplugins', {
    apiVersion: 'luaplugin.dev/v1alpha1',
    kind: 'LuaPlugin',
    metadata: { name },
    spec: {
      priority: 10,
      match: { namespaces: { include: [`${arena.namespace}*`] } },
      limits: { timeout: '10s' },
      script: `
local json = require("dkjson")
function GetWorkloadTypeAndName(text)
  local labels = json.decode(text, 1, nil).labels
  if labels and labels["${serviceLabel}"] == "service-1" then error("as planned") end
  return "", ""
end
`,
    },
  });
  return name;
}

const started = Date.now();

function say(text: string): void {
  const seconds = Math.floor((Date.now() - started) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  process.stdout.write(`${two(Math.floor(seconds / 60))}:${two(seconds % 60)} ${text}\n`);
}

function parse(): { minutes: number; seed: number } | undefined {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
    const minutes = Number(values.minutes ?? 60);
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    return minutes > 0 && Number.isInteger(seed) ? { minutes, seed } : undefined;
  } catch {
    return undefined;
  }
}

const options = parse();
if (options === undefined) {
  process.stderr.write(`${usage}\n`);
  process.exit(exitCodes.usage);
}
try {
  const isFlat = await soak(options.minutes, options.seed);
  process.stdout.write(isFlat ? 'passed\n' : 'failed: memory grows\n');
  process.exit(isFlat ? exitCodes.passed : exitCodes.failed);
} catch (error) {
  process.stderr.write(`failed (seed ${options.seed}): ${error instanceof Error ? error.stack : error}\n`);
  process.exit(exitCodes.failed);
}
