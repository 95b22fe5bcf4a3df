import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ControlPlane, crdsDirectory, startControlPlane } from '../cluster/control-plane.ts';
import { createDeployment } from '../cluster/workloads.ts';
import { Arena } from './arena.ts';
import { serviceLabel } from './expected.ts';
import type { Instance } from './instance.ts';
import { runProgram, say } from './program.ts';
import { read } from './soak/read.ts';
import { type Reading, rowsOf, soakReport } from './soak/readings.ts';

const builtOperator = fileURLToPath(new URL('../../dist/operator/main.js', import.meta.url));

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

await runProgram('soak', 60, async (minutes, seed) =>
  (await soak(minutes, seed)) ? undefined : 'memory grows',
);
