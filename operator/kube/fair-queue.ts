import { Line, type Linked } from './line.ts';

/** What can wait in a FairQueue, in one at a time. The queue sets `priority` and `flow` too. */
export interface Waiting extends Linked<Waiting> {
  readonly key: string;
  priority: number;
  flow: Flow | undefined;
}

/** Those of one priority that come from one place. */
interface Flow extends Linked<Flow> {
  readonly name: string;
  readonly line: Line<Waiting>;
}

/** Of so many that are taken from a priority while others wait below it, one is taken from below. */
const shareOfLower = 5;

/**
 * Who waits, by priority and flow. Higher priorities go first, but every fifth turn is that of a lower one, so that
 * a flood starves nobody. Within a priority the flows take turns, so that a long one keeps no other waiting; within a
 * flow it is first in, first out. All operations take constant time. Meant for a handful of priorities and any number
 * of flows.
 */
export class FairQueue {
  /** The highest priority first. They stay: an empty one keeps its count of turns. */
  readonly #levels: Level[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** It must not be in. */
  push(item: Waiting, priority: number, flow: string): void {
    item.priority = priority;
    this.#level(priority).push(item, flow);
    this.#size++;
  }

  /** It must be in. */
  delete(item: Waiting): void {
    this.#level(item.priority).delete(item);
    this.#size--;
  }

  /** Takes the one whose turn it is; undefined when nobody waits. */
  shift(): Waiting | undefined {
    let chosen: Level | undefined;
    for (const level of this.#levels) {
      if (level.isEmpty) continue;
      if (chosen?.passesOn() === false) break;
      chosen = level;
    }
    const item = chosen?.shift();
    if (item !== undefined) this.#size--;
    return item;
  }

  /** The keys that shift would give next, at most so many. */
  first(count: number): string[] {
    const keys: string[] = [];
    const waiting = this.#levels
      .filter(({ isEmpty }) => !isEmpty)
      .map((level) => ({ turns: level.turns, items: level.items(), next: undefined as Waiting | undefined }));
    for (const level of waiting) level.next = level.items.next().value;
    while (keys.length < count) {
      let chosen: (typeof waiting)[number] | undefined;
      for (const level of waiting) {
        if (level.next === undefined) continue;
        if (chosen !== undefined && ++chosen.turns % shareOfLower !== 0) break;
        chosen = level;
      }
      if (chosen?.next === undefined) break;
      keys.push(chosen.next.key);
      chosen.next = chosen.items.next().value;
    }
    return keys;
  }

  #level(priority: number): Level {
    let level = this.#levels.find((other) => other.priority === priority);
    if (level === undefined) {
      level = new Level(priority);
      this.#levels.push(level);
      this.#levels.sort((a, b) => b.priority - a.priority);
    }
    return level;
  }
}

/** Those of one priority. */
class Level {
  readonly priority: number;
  readonly #flows = new Map<string, Flow>();
  /** The one whose turn is next at the front. */
  readonly #turns = new Line<Flow>();
  /** How often it was this level's turn while others waited below. */
  turns = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  get isEmpty(): boolean {
    return this.#flows.size === 0;
  }

  /** It is this level's turn, and others wait below. @returns whether it leaves the turn to them */
  passesOn(): boolean {
    return ++this.turns % shareOfLower === 0;
  }

  push(item: Waiting, name: string): void {
    let flow = this.#flows.get(name);
    if (flow === undefined) {
      flow = { name, line: new Line(), before: undefined, after: undefined };
      this.#flows.set(name, flow);
      this.#turns.push(flow);
    }
    item.flow = flow;
    flow.line.push(item);
  }

  delete(item: Waiting): void {
    const { flow } = item;
    if (flow === undefined) return;
    flow.line.delete(item);
    item.flow = undefined;
    if (flow.line.first !== undefined) return;
    this.#turns.delete(flow);
    this.#flows.delete(flow.name);
  }

  shift(): Waiting | undefined {
    const flow = this.#turns.first;
    const item = flow?.line.first;
    if (flow === undefined || item === undefined) return undefined;
    this.#turns.delete(flow);
    this.#turns.push(flow);
    this.delete(item);
    return item;
  }

  /** In the order in which they would be taken. The level must stay as it is meanwhile. */
  *items(): Generator<Waiting, undefined> {
    let round: Waiting[] = [];
    for (const { line } of this.#turns) {
      if (line.first === undefined) continue;
      yield line.first;
      round.push(line.first);
    }
    while (round.length > 0) {
      const next: Waiting[] = [];
      for (const { after } of round) {
        if (after === undefined) continue;
        yield after;
        next.push(after);
      }
      round = next;
    }
  }
}
