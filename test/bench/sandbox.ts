import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { silentLogger } from '../../operator/observability/logging.ts';
import type { Call, Program } from '../../operator/sandbox/contract.ts';
import { openGaussScript } from '../support/opengauss.ts';
import { cpuSecondsOf } from './operator/cpu.ts';

/**
 * Measures the sandbox against native Lua 5.4 with dkjson, in one run and on the same script and metadata, so that the
 * ratios hold on any machine. Prints a table, then one line of JSON. With --built it measures what `make build` made
 * in dist/, which takes less memory than TypeScript that is run directly. With --against DIR another build takes turns
 * with it, DIR being its dist/: the figures of both are then of the same minutes.
 * Needs Debian's lua5.4 and lua-dkjson for the ratios; without them it prints the rest.
 */

const { values: options } = parseArgs({
  options: { built: { type: 'boolean', default: false }, against: { type: 'string' } },
});
const isBuilt = options.built;
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
type Client = typeof import('../../operator/sandbox/host-client.ts');
type Sandbox = InstanceType<Client['SandboxHost']>;
/** @param build a dist/ */
const clientOf = (build: string): Promise<Client> =>
  import(pathToFileURL(resolve(build, 'operator/host-client.js')).href);
const { SandboxHost } = await (isBuilt ? clientOf(dist) : import('../../operator/sandbox/host-client.ts'));
const other = options.against === undefined ? undefined : (await clientOf(options.against)).SandboxHost;

const mebibyte = 1024 * 1024;
const rounds = 5;
const callsPerRound = 30_000;
const nativeCalls = 10_000;
const steadyCalls = 1_000_000;
const manyPrograms = 100;

const script = openGaussScript();

const metadata = JSON.stringify({
  name: 'ogtest-pod-172-16-0-11',
  generateName: 'ogtest-pod-',
  namespace: 'opengauss',
  uid: '0f5f3a52-6b8e-4f5f-9d0d-3f1f0c3f7a11',
  resourceVersion: '123456',
  generation: 1,
  creationTimestamp: '2024-08-07T02:08:14Z',
  labels: {
    app: 'ogtest',
    component: 'database',
    'controller-revision-hash': 'ogtest-7d9c6b5f4d',
    'opengauss.role': 'primary',
    'opengauss.cluster': 'ogtest',
    'app.kubernetes.io/name': 'opengauss',
    'app.kubernetes.io/instance': 'ogtest',
    'app.kubernetes.io/version': '5.0.0',
    'app.kubernetes.io/managed-by': 'opengauss-operator',
    'pod-template-generation': '3',
    'statefulset.kubernetes.io/pod-name': 'ogtest-pod-172-16-0-11',
  },
  annotations: {
    'checksum/config': '6f1ed002ab5595859014ebf0951522d9d8f1d1b5ac0d0c0e2a2a1d0b6f2a6b5e',
    'cni.projectcalico.org/containerID': 'b5e6c6b1c2f5a3c5a0b7d4a8d9c1e2f3a4b5c6d7e8f90123456789abcdef0123',
    'cni.projectcalico.org/podIP': '172.16.0.11/32',
    'cni.projectcalico.org/podIPs': '172.16.0.11/32',
    'kubernetes.io/config.seen': '2024-08-07T02:08:14.123456789Z',
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': '9187',
    'kubectl.kubernetes.io/default-container': 'opengauss',
  },
  ownerReferences: [
    {
      apiVersion: 'opengauss.sig/v1',
      blockOwnerDeletion: true,
      controller: true,
      kind: 'OpenGaussCluster',
      name: 'ogtest',
      uid: '7c3f2f5e-1a2b-4c3d-8e9f-0a1b2c3d4e5f',
    },
  ],
  finalizers: ['opengauss.sig/cleanup'],
});

const limits = { timeoutMs: 1000, memoryBytes: 16 * mebibyte };

function program(id: string): Program {
  return { id, plugin: 'opengauss', script, limits };
}

/** What a call costs: calls a second by the clock on the wall, and microseconds of CPU time, of all processes. */
interface Cost {
  readonly rate: number;
  readonly cpuUs: number;
}

/** Native Lua; undefined where it is not installed. */
function nativeCost(): Cost | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    writeFileSync(join(folder, 'metadata.json'), metadata);
    const measure = `${script}
      local file = io.open(arg[1] .. "/metadata.json") local text = file:read("a") file:close()
      for i = 1, ${nativeCalls} do GetWorkloadTypeAndName(text) end
      print(os.clock())`;
    writeFileSync(join(folder, 'measure.lua'), measure);
    const started = performance.now();
    const run = spawnSync('lua5.4', [join(folder, 'measure.lua'), folder], { encoding: 'utf8' });
    const rate = (nativeCalls / (performance.now() - started)) * 1000;
    return run.status === 0 ? { rate, cpuUs: (Number(run.stdout) / nativeCalls) * 1e6 } : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The whole way: this process, the host, a Worker, Lua and back. */
async function sandboxCost(sandbox: Sandbox, id: string, count: number): Promise<Cost> {
  const calls: Call[] = Array.from({ length: 1000 }, () => ({ metadata, programs: [id] }));
  const cpuBefore = cpuSeconds(sandbox);
  const started = performance.now();
  for (let done = 0; done < count; done += 2 * calls.length) {
    // Two at a time, so that the Workers have the next calls when they are done with the last.
    await Promise.all([sandbox.evaluate(calls), sandbox.evaluate(calls)]);
  }
  const rate = (count / (performance.now() - started)) * 1000;
  return { rate, cpuUs: ((cpuSeconds(sandbox) - cpuBefore) / count) * 1e6 };
}

/** CPU time of this process and of the host. */
function cpuSeconds({ pid }: Sandbox): number {
  const own = process.cpuUsage();
  return (own.user + own.system) / 1e6 + cpuSecondsOf(pid ?? 0);
}

function rssMiB({ pid }: Sandbox): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function withSandbox<T>(
  workers: number,
  use: (sandbox: Sandbox) => Promise<T>,
  Host = SandboxHost,
): Promise<T> {
  const sandbox = new Host({ logger: silentLogger, workers });
  await sandbox.start();
  try {
    return await use(sandbox);
  } finally {
    await sandbox.stop();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Comparison {
  readonly native: Cost | undefined;
  readonly sandbox: Cost;
  /** How many times as many calls a second as native; and how much less CPU time a call takes. */
  readonly ratio: number | undefined;
  readonly cpuRatio: number | undefined;
  /** The same, of the build of --against. */
  readonly other: Cost | undefined;
  readonly otherRatio: number | undefined;
  readonly otherCpuRatio: number | undefined;
}

/** All take turns, so that what else the machine does hits them alike; the middle one of the rounds. */
async function compare(workers: number): Promise<Comparison> {
  return withSandbox(workers, async (sandbox) =>
    other ? withSandbox(workers, (second) => inTurns(sandbox, second), other) : inTurns(sandbox, undefined),
  );
}

async function inTurns(sandbox: Sandbox, second: Sandbox | undefined): Promise<Comparison> {
  const ask = async (each: Sandbox) => sandboxCost(each, 'bench', callsPerRound);
  for (const each of [sandbox, second]) {
    const failure = await each?.load(program('bench'));
    if (failure) throw new Error(failure.message);
    if (each) await ask(each);
  }
  const natives: Cost[] = [];
  const sandboxes: Cost[] = [];
  const others: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    const native = nativeCost();
    if (native) natives.push(native);
    sandboxes.push(await ask(sandbox));
    if (second) others.push(await ask(second));
  }
  const middle = (costs: readonly Cost[]): Cost => ({
    rate: Math.round(median(costs.map(({ rate }) => rate))),
    cpuUs: rounded(median(costs.map(({ cpuUs }) => cpuUs)), 1),
  });
  const some = <T>(costs: readonly Cost[], value: () => T) => (costs.length > 0 ? value() : undefined);
  const ratioTo = (costs: readonly Cost[], digits: number) =>
    some(costs, () =>
      rounded(median(costs.map(({ rate }, round) => (sandboxes[round]?.rate ?? 0) / rate)), digits),
    );
  const cpuRatioTo = (costs: readonly Cost[], digits: number) =>
    some(costs, () =>
      rounded(median(costs.map(({ cpuUs }, round) => cpuUs / (sandboxes[round]?.cpuUs ?? 1))), digits),
    );
  return {
    native: some(natives, () => middle(natives)),
    sandbox: middle(sandboxes),
    ratio: ratioTo(natives, 1),
    cpuRatio: cpuRatioTo(natives, 1),
    other: some(others, () => middle(others)),
    otherRatio: ratioTo(others, 2),
    otherCpuRatio: cpuRatioTo(others, 2),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

async function memory(): Promise<{ loaded: number; asked: number; loadMs: number }> {
  return withSandbox(2, async (sandbox) => {
    const ids = Array.from({ length: manyPrograms }, (_, index) => `plugin@${index}`);
    const loads: number[] = [];
    for (const id of ids) {
      const started = performance.now();
      const failure = await sandbox.load(program(id));
      if (failure) throw new Error(failure.message);
      await sandbox.evaluate([{ metadata, programs: [id] }]);
      loads.push(performance.now() - started);
    }
    const loaded = rssMiB(sandbox);
    // Every program in both Workers, which is as much as there can be.
    const strangers = Array.from({ length: 400 }, () => ({ metadata: '{}', programs: ids }));
    await sandbox.evaluate(strangers);
    return { loaded, asked: rssMiB(sandbox), loadMs: Number(median(loads).toFixed(1)) };
  });
}

async function drift(): Promise<{ before: number; after: number }> {
  return withSandbox(2, async (sandbox) => {
    await sandbox.load(program('steady'));
    await sandboxCost(sandbox, 'steady', steadyCalls / 5);
    const before = rssMiB(sandbox);
    await sandboxCost(sandbox, 'steady', steadyCalls);
    return { before, after: rssMiB(sandbox) };
  });
}

const one = await compare(1);
const two = await compare(2);
const held = await memory();
const steady = await drift();

const cost = ({ rate, cpuUs }: Cost) => `${rate} calls/s, ${cpuUs} us of CPU each`;

function line({ sandbox, ratio, cpuRatio }: Comparison): string {
  const times = ratio === undefined ? '' : `: ${ratio} times native (by CPU time ${cpuRatio})`;
  return `${cost(sandbox)}${times}`;
}

function otherRow({ other, otherRatio, otherCpuRatio }: Comparison): [what: string, value: string][] {
  if (!other) return [];
  return [
    [
      '  the other build',
      `${cost(other)}: this one is ${otherRatio} times it (by CPU time ${otherCpuRatio})`,
    ],
  ];
}

const rows: [what: string, value: string, goal?: string][] = [
  ['code', isBuilt ? 'dist/' : 'TypeScript source'],
  ['metadata', `${metadata.length} bytes`],
  ['native lua5.4 with dkjson', one.native ? cost(one.native) : 'not installed'],
  ['sandbox, 1 Worker', line(one), '4 times'],
  ...otherRow(one),
  ['sandbox, 2 Workers', line(two), '6 times'],
  ...otherRow(two),
  ['load to first answer', `${held.loadMs} ms`, '100 ms'],
  [`host RSS, ${manyPrograms} programs loaded`, `${held.loaded} MiB`, '150 MB'],
  ['  and each in both Workers', `${held.asked} MiB`],
  ['host RSS before and after 1,000,000 calls', `${steady.before} and ${steady.after} MiB`, 'flat'],
];
for (const [what, value, goal] of rows) {
  process.stdout.write(`${what.padEnd(44)}${value}${goal === undefined ? '' : ` (goal: ${goal})`}\n`);
}
process.stdout.write(`${JSON.stringify({ isBuilt, one, two, held, steady })}\n`);
