/** What people are told about a kind of refusal. */
export interface RefusalTexts {
  /** The Events' reason while it lasts, in CamelCase. */
  readonly reason: string;
  /** The reason of the Event that says that it is over. */
  readonly endReason: string;
  /** After who it is: `refuses ...`. */
  readonly what: string;
  /** What follows from it, and what to do. */
  readonly advice: string;
}

export const writeTexts: RefusalTexts = {
  reason: 'WriteRefused',
  endReason: 'WriteRefusalEnded',
  what: "the operator's annotations on Pods",
  advice:
    'the Pods wait, and one of a namespace tries after pauses of up to ten minutes (docs/alerts.md, LuaPluginWritesRefused)',
};

export const mirrorTexts: RefusalTexts = {
  reason: 'MirrorRefused',
  endReason: 'MirrorRefusalEnded',
  what: 'to have labels or annotations of the mirror written or removed',
  advice:
    "the operator's own annotations are written all the same; the policy's variable mirror has to allow what the config's mirror has (docs/administration.md, Mirrors)",
};

/** The note of an Event while it lasts. @param cause on which Pod, and the API server's answer */
export function refusalNote(refuser: string, { what, advice }: RefusalTexts, cause: string): string {
  return `${refuser} refuses ${what}: ${advice}. ${cause}`;
}

/** The note of the Event that says that it is over. */
export function endNote(refuser: string, { what }: RefusalTexts): string {
  return `${refuser} refused ${what}: no Pod of the namespace waits for it any more`;
}

/** Whom one of these notes is about; undefined when it is none of them. */
export function refuserOfNote(note: string, { what }: RefusalTexts): string | undefined {
  const ends = [` refuses ${what}: `, ` refused ${what}: `].map((part) => note.indexOf(part));
  // What follows is the API server's answer, which may hold anything.
  const end = Math.min(...ends.filter((at) => at > 0));
  return Number.isFinite(end) ? note.slice(0, end) : undefined;
}
