import { type Call, type FaultProxy, isPatch, ofPods } from '../support/fault-proxy.ts';

/** As much of a Pod's PATCH as says what is written. */
interface PodPatch {
  readonly metadata: { readonly uid: string; readonly annotations: Readonly<Record<string, string | null>> };
}

interface Entry {
  /** The operator that wrote. */
  readonly writer: FaultProxy;
  readonly annotations: string;
}

/**
 * The operators' writes to Pods, as their proxies see them. Notes each that its operator had no reason for: the last
 * write of that Pod was its own and said the same, and it had the answer.
 */
export class Ledger {
  readonly violations: string[] = [];
  /** By UID. A write whose answer was lost may rightly be repeated, and leaves no entry. */
  readonly #last = new Map<string, Entry>();

  /** Keeps the ledger of an operator, as long as its proxy lives. */
  follow(writer: FaultProxy): void {
    writer.listen((event) => {
      if (event.kind === 'arrived' || event.kind === 'passed') return;
      if (!isPatch(event.call) || !ofPods(event.call)) return;
      const { uid, annotations } = readPatch(event.call);
      const before = this.#last.get(uid);
      this.#last.delete(uid);
      if (event.kind === 'lost' || event.status !== 200) return;
      if (before?.writer === writer && before.annotations === annotations) {
        this.violations.push(`${event.call.path} was written twice: ${annotations}`);
      }
      this.#last.set(uid, { writer, annotations });
    });
  }
}

function readPatch({ body }: Call): { uid: string; annotations: string } {
  const { metadata } = JSON.parse(body) as PodPatch;
  return { uid: metadata.uid, annotations: JSON.stringify(metadata.annotations) };
}
