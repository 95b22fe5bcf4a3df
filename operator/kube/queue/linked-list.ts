/** What can stand in a LinkedList, in one at a time. The line sets both. */
export interface Linked<T> {
  before: T | undefined;
  after: T | undefined;
}

/** A queue from which any member can be taken out. All operations take constant time; the members are its memory. */
export class LinkedList<T extends Linked<T>> {
  #first: T | undefined;
  #last: T | undefined;

  /** The member that has waited longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** The member must stand in no line. */
  push(member: T): void {
    member.before = this.#last;
    member.after = undefined;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
  }

  /** The member must stand in this line. */
  delete(member: T): void {
    const { before, after } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    member.before = undefined;
    member.after = undefined;
  }

  /** All members in order. The line must stay as it is meanwhile. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let member = this.#first; member !== undefined; member = member.after) yield member;
  }
}
