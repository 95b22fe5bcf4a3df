import type { Progress } from './progress.ts';
import type { BinaryName, PinnedVersions } from './versions.ts';

/** What a source is asked for. */
export interface SourceRequest {
  readonly missing: readonly BinaryName[];
  /** Where they go; each must appear there whole, by a rename; what is unfinished begins with a dot. */
  readonly dir: string;
  readonly versions: PinnedVersions;
  readonly progress: Progress;
  /** The environment for the programs that a source runs. */
  readonly env: NodeJS.ProcessEnv;
}

/** A way to get binaries. Throws when it can't; whatever it has put in place until then is kept. */
export interface Source {
  /** Such as `download`. */
  readonly name: string;
  readonly provide: (request: SourceRequest) => Promise<void>;
}
