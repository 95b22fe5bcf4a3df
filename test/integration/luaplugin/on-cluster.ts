import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../../luaplugin/program/io.ts';
import { execute } from '../../../luaplugin/program/program.ts';
import type { ControlPlaneFixture } from '../../support/control-plane.ts';
import { fakeIo } from '../../unit/luaplugin/fake-io.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `useLuapluginOn` gives to the tests of a `describe`. */
export interface ClusterLab {
  /** A file that commands can name. */
  write(file: string, content: string): Promise<void>;
  /** Runs a command on the tests' API server. @param io more of its surroundings */
  run(words: readonly string[], io?: Partial<Io>): Promise<Ended>;
}

/**
 * Called in a `describe` after useControlPlane: commands run in this process, which takes a tenth of the time that
 * one of their own takes to start. Files are named as if they were in the working directory.
 * @param kubeconfig another than the administrator's
 */
export function useLuapluginOn(
  fixture: Pick<ControlPlaneFixture, 'plane'>,
  kubeconfig = () => fixture.plane.kubeconfigPath,
): ClusterLab {
  let directory = '';
  const files = new Set<string>();
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'luaplugin-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));
  return {
    write: (file, content) => {
      files.add(file);
      return writeFile(join(directory, file), content);
    },
    run: async (words, surroundings = {}) => {
      const io = fakeIo();
      const placed = words.map((word) => (files.has(word) ? join(directory, word) : word));
      const code = await execute([...placed, '--kubeconfig', kubeconfig()], { ...io, ...surroundings });
      const relative = (text: string) => text.replaceAll(`${directory}/`, '');
      return { code, stdout: relative(io.out()), stderr: relative(io.err()) };
    },
  };
}

/** What a command that went well wrote to stdout. @throws with all it wrote when its exit code is not 0 */
export async function outputOf(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended;
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}

/** A script that calls every Pod whose name begins so a workload of that type. */
export function claims(prefix: string, type: string): string {
  return `local json = require("dkjson")
function GetWorkloadTypeAndName(text)
  local name = json.decode(text, 1, nil).name
  if name:sub(1, ${prefix.length}) ~= "${prefix}" then return "", "" end
  return "${type}", name
end
`;
}
