/** A Go module at a version, and its checksum as `go mod download -json` prints it. */
export interface PinnedModule {
  readonly module: string;
  readonly version: string;
  readonly sum: string;
}

/** A real controller of another project, and what it is given so that it makes Pods on a cluster without machines. */
export interface Controller extends PinnedModule {
  /** What the table calls it; also its file's and its namespace's name. */
  readonly name: string;
  /** Its main package in the module, such as `./cmd/manager`. */
  readonly package: string;
  /** Minutes that the build took on two idle cores. */
  readonly minutes: number;
  /** Files and folders of the module that hold its custom resource definitions. */
  readonly definitions: readonly string[];
  /** Other modules with definitions that it needs. */
  readonly definitionsElsewhere?: readonly (PinnedModule & Pick<Controller, 'definitions'>)[];
  /** A file of the module with its webhooks; without it none is installed. */
  readonly webhooks?: string;
  /** Manifests that are there before it starts, such as its ConfigMaps. */
  readonly objects?: (place: Place) => string | Promise<string>;
  /** Files that it reads, by their names in `place.directory`. */
  readonly files?: (place: Place) => Readonly<Record<string, string>>;
  readonly flags: (place: Place) => readonly string[];
  /** Beside KUBECONFIG, HOME and TMPDIR. */
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
  /** Those that must run beside it. */
  readonly beside?: readonly Controller[];
  /** What stands in for what is not there, for the table. */
  readonly given: string;
  /** Each is applied when the Pods of those before it are there. */
  readonly samples: readonly Sample[];
}

/** Resources as a user of the controller would write them, and the Pods that come of them. */
export interface Sample {
  /** Completes "the Pods of". */
  readonly title: string;
  /** Manifests; the namespace is that of the controller. */
  readonly manifests: string;
  /** The Pods that are there then; those of earlier samples only where they are to be looked at again. */
  readonly pods: readonly ExpectedPods[];
}

/** Pods of one shape. */
export interface ExpectedPods {
  /** Their name, with `*` for what is random in it. A Pod is of the first shape that fits. */
  readonly pod: string;
  /** How many; 1 by default. */
  readonly count?: number;
  /** The workload that was expected before the controller was run, as type and name: from its source, or a guess. */
  readonly expected: string;
}

/** Where a controller runs. */
export interface Place {
  /** Of its own, where it runs, for its files and its temporary ones. */
  readonly directory: string;
  /** The namespace that its samples go to. */
  readonly namespace: string;
  /** A folder with tls.crt and tls.key for 127.0.0.1. */
  readonly certificates: string;
  readonly kubeconfig: string;
  /** The folder of its module. */
  readonly module: string;
  /** Free ones of 127.0.0.1. */
  readonly ports: { readonly webhook: number; readonly metrics: number; readonly probes: number };
}

/**
 * The flags that most controllers made with controller-runtime have.
 * @param metrics the name of the flag for the metrics' address
 */
export function commonFlags({ ports }: Place, metrics = 'metrics-bind-address'): string[] {
  return [
    `--${metrics}=127.0.0.1:${ports.metrics}`,
    `--health-probe-bind-address=127.0.0.1:${ports.probes}`,
    '--leader-elect=false',
  ];
}
