import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU time, in seconds, that a process has taken so far: user and system. @throws when there is no such process */
export function cpuSecondsOf(pid: number): number {
  // The second field is the program's name in brackets, and may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const clusterPrograms = ['kube-apiserver', 'etcd', 'kube-controller-manager', 'kwok'] as const;

/** The process ids of the cluster's programs, as their launchers noted them. @param directory the control plane's */
export function clusterPids(directory: string): Record<(typeof clusterPrograms)[number], number> {
  return Object.fromEntries(
    clusterPrograms.map((name) => [name, Number(readFileSync(join(directory, `${name}.pid`), 'utf8'))]),
  ) as Record<(typeof clusterPrograms)[number], number>;
}

/** Measures CPU seconds of some processes. @returns asked once the work is over: what each took meanwhile */
export function startCpu<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): () => Record<Name, number> {
  const read = () =>
    Object.fromEntries(
      Object.entries<number>(pids).map(([name, pid]) => [name, cpuSecondsOf(pid)]),
    ) as Record<Name, number>;
  const before = read();
  return () => {
    const after = read();
    for (const name of Object.keys(after) as Name[]) after[name] -= before[name];
    return after;
  };
}
