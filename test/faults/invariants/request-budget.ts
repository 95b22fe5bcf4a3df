import type { Call } from '../../support/fault-proxy.ts';

/** What a call is for. Of lists and watches each collection has its own. */
export function kindOf({ method, path, query }: Pick<Call, 'method' | 'path' | 'query'>): string {
  if (path.includes('/leases')) return 'Lease';
  if (path.includes('/events')) return 'Event';
  if (path.includes('/controllerrevisions')) return method === 'GET' ? 'revisions listed' : 'revision';
  if (query.get('watch') === 'true') return `watch of ${path}`;
  if (method === 'PATCH' && path.includes('/pods/')) return 'PATCH of Pods';
  if (method === 'PATCH' && path.endsWith('/status')) return 'status';
  if (method === 'GET' && query.has('limit')) return `list of ${path}`;
  if (method === 'GET' && path.includes('/namespaces/')) return 'owner';
  return 'discovery';
}

/** What happened to one operator within a minute. */
export interface Minute {
  /** Pods that it has known. */
  readonly pods: number;
  /** Pods that came, changed or went, as it was told; its own writes are no changes. */
  readonly changes: number;
  /** Pods that it wrote, and the API server said so. */
  readonly written: number;
  /** How often its plugin was changed. */
  readonly revisions: number;
  /** How often its process was started. */
  readonly starts: number;
  /** How often a replica tries to take or renew the Lease; 0 without an election. */
  readonly leaseTries: number;
}

/** client-go's default limiter: a hundred at once, and ten a second. */
const retries = 100 + 10 * 60;
/** As many more may be tried for each that succeeds: a server that has recovered is not kept waiting. */
const perSuccess = 2;
/** A watch or list that fails waits, longer each time, until one has worked for 5 s. */
const tries = 60;

/**
 * How many calls of a kind an operator may make within a minute. Pods are written once for what waited, once for each
 * change and each revision of the plugin, and what fails is tried again at the rate that all keys share.
 */
export function allowed(kind: string, minute: Minute): number {
  const { pods, changes, written, revisions, starts, leaseTries } = minute;
  const perStart = (count: number) => count * (1 + starts);
  switch (kind) {
    case 'PATCH of Pods':
      return pods * (1 + revisions) + changes + retries + perSuccess * written;
    case 'owner':
      return pods + changes + retries;
    case 'Lease':
      return 2 * leaseTries + perStart(20);
    case 'status':
    case 'Event':
    case 'revision':
    case 'revisions listed':
      return perStart(30) + 2 * revisions + tries;
    case 'discovery':
      return perStart(60);
    default:
      return perStart(tries);
  }
}
