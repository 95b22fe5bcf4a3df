import { spawn } from 'node:child_process';

/** Cleans up after this process, should it die before it can do so itself. */
export interface Guard {
  /** Has this process killed as well. */
  add(pid: number): void;
  /** The cleaning is done: the guard touches nothing; returns when it has gone. May be called twice. */
  release(): Promise<void>;
}

// End of file on stdin without `done` means that the test runner is dead, by SIGKILL if need be: no signal
// handler of its own could have done this. The processes' ids come from stdin and from the file `pids`.
const script = `
pids=
while read -r pid; do
  [ "$pid" = done ] && exit 0
  pids="$pids $pid"
done
for pid in $pids $(cat "$1/pids" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
[ -z "$1" ] || rm -rf "$1"
`;

/**
 * Starts a guard: a shell in a session of its own (so Ctrl-C does not reach it) that waits on a pipe from us.
 * @param directory removed when this process dies; process ids in its file `pids`, one a line, are killed.
 *   None by default.
 */
export function startGuard(directory = ''): Guard {
  const shell = spawn('/bin/sh', ['-c', script, 'sh', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  // A guard that was killed must not take the test runner along with EPIPE.
  shell.stdin.on('error', () => {});
  const gone = new Promise<void>((resolve) => {
    shell.once('close', () => resolve());
  });
  return {
    add: (pid) => {
      shell.stdin.write(`${pid}\n`);
    },
    release: () => {
      shell.ref();
      if (!shell.stdin.writableEnded) shell.stdin.end('done\n');
      return gone;
    },
  };
}
