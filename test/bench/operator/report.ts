import { containerOf } from '../memory/processes.ts';
import type { Creations, CreationTurn } from './creations.ts';
import type { Idle } from './idle.ts';
import type { PatchKind } from './patch-kinds.ts';
import type { Race } from './race.ts';
import type { Restart } from './restart.ts';
import type { SmallChange } from './small-change.ts';
import { figure, table } from './table.ts';

/** What was measured; the rest is not there. Times and sizes have their unit in their name. */
export interface Figures {
  readonly restarts: readonly Restart[];
  readonly race?: Race;
  readonly patchKinds?: readonly PatchKind[];
  readonly creations: readonly Creations[];
  readonly idle?: Idle;
  readonly smallChange?: SmallChange;
  readonly failures: readonly Failure[];
}

/** A measure that could not be taken. */
export interface Failure {
  readonly measure: string;
  readonly message: string;
}

/** All figures of one run, and where they come from. */
export interface Report extends Figures {
  readonly machine: { readonly cores: number; readonly cpu: string; readonly node: string };
  readonly versions: { readonly kubernetes: string; readonly etcd: string; readonly kwok: string };
  readonly seconds: number;
}

/** The report as a person reads it. */
export function reportText(report: Report): string {
  const { race, patchKinds, restarts, creations, idle, smallChange, failures, machine, versions } = report;
  const head = `Operator on kwok ${versions.kwok}, Kubernetes ${versions.kubernetes}, Node ${machine.node}, ${machine.cores} cores (${machine.cpu})`;
  const sections = [
    head,
    race && raceTable(race),
    patchKinds && patchKindsTable(patchKinds),
    restarts.length > 0 && restartsTable(restarts),
    ...creations.map(creationsTable),
    idle &&
      `Idle at ${figure(idle.pods)} Pods, over ${figure(idle.seconds)} s: operator ${figure(idle.operatorPercent, 2)} %, sandbox host ${figure(idle.hostPercent, 2)} % of a core (goal: 1 % together)`,
    smallChange &&
      `Plugin change that alters ${figure(smallChange.altered)} of ${figure(smallChange.pods)} Pods: ${figure(smallChange.writes)} writes, the last after ${figure(smallChange.lastWriteSeconds, 1)} s, all Pods asked after ${figure(smallChange.atRestSeconds, 1)} s`,
    ...failures.map(({ measure, message }) => `Not measured: ${measure}: ${message}`),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function raceTable({ pods, concurrency, rounds, medianRatio, medianCpuRatio }: Race): string {
  const title = [
    `From a plugin's change to the last of ${figure(pods)} Pods, against as many PATCHes of a bare client (the floor;`,
    `concurrency ${concurrency}): ${figure(medianRatio, 2)} times as long (median; goal: 1.15), with ${figure(medianCpuRatio, 2)} times the CPU time of all`,
    'processes. CPU times are ms a write, floor / operator.',
  ];
  return table(
    title.join('\n'),
    [
      'round',
      'first',
      'floor s',
      'operator s',
      'ratio',
      'CPU ratio',
      'client',
      'sandbox',
      'API server',
      'all',
    ],
    rounds.map(({ first, floor, operator, ratio, cpuRatio }, index) => [
      String(index + 1),
      first,
      figure(floor.seconds, 2),
      figure(operator.seconds, 2),
      figure(ratio, 2),
      figure(cpuRatio, 2),
      `${figure(floor.clientMs, 2)} / ${figure(operator.clientMs, 2)}`,
      figure(operator.sandboxMs, 2),
      `${figure(floor.apiServerMs, 2)} / ${figure(operator.apiServerMs, 2)}`,
      `${figure(floor.allMs, 2)} / ${figure(operator.allMs, 2)}`,
    ]),
  );
}

function patchKindsTable(kinds: readonly PatchKind[]): string {
  return table(
    'The same change as each kind of PATCH (medians)',
    ['kind', 'writes/s', 'API server ms/write'],
    kinds.map(({ kind, writesPerSecond, apiServerMs }) => [
      kind,
      figure(writesPerSecond),
      figure(apiServerMs, 2),
    ]),
  );
}

function restartsTable(restarts: readonly Restart[]): string {
  const title = [
    'Restart over resolved Pods (goals: 0 writes; at most 250 MB at 100,000 Pods, on a line). MiB of operator and sandbox',
    'host together: RSS, which counts the code of Node twice, and what their container takes, where the kernel counts it',
    'once. The peak is that of the operator alone.',
  ];
  return table(
    title.join('\n'),
    ['Pods', 'writes', 'list s', 'synced s', 'RSS then', 'container', 'RSS at rest', 'container', 'peak'],
    restarts.map(({ pods, writes, listSeconds, syncedSeconds, synced, atRest }) => [
      figure(pods),
      figure(writes),
      figure(listSeconds, 2),
      figure(syncedSeconds, 1),
      figure(synced.operator.rss + synced.host.rss),
      figure(containerOf(synced.operator, synced.host)),
      `${figure(atRest.operator.rss)} + ${figure(atRest.host.rss)} = ${figure(atRest.operator.rss + atRest.host.rss)}`,
      figure(containerOf(atRest.operator, atRest.host)),
      figure(atRest.operator.peak),
    ]),
  );
}

function creationsTable({ pods, wantedPerSecond, floor, operator, metric }: Creations): string {
  const row = (name: string, { p50, p99, max, perSecond }: CreationTurn) => [
    name,
    figure(p50),
    figure(p99),
    figure(max),
    figure(perSecond, 1),
  ];
  return table(
    `${figure(pods)} new Pods, ${figure(wantedPerSecond)} a second wanted: from event to annotation (goal: p99 200 ms)`,
    ['who answers', 'p50 ms', 'p99 ms', 'max ms', 'created/s'],
    [
      row('a bare client', floor),
      row('the operator', operator),
      ['its metric', figure(metric.p50), figure(metric.p99), '', ''],
    ],
  );
}
