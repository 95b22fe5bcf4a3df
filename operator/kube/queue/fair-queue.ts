import { type Linked, LinkedList } from './linked-list.ts';
import type { Places } from './places.ts';

/** What can wait in a FairQueue, in one at a time. The queue sets `priority` and `flow` too. */
export interface Waiting extends Linked<Waiting> {
  readonly key: string;
  priority: number;
  flow: Flow | undefined;
}

/** Those of one priority that come from one place. */
interface Flow extends Linked<Flow> {
  readonly name: string;
  readonly line: LinkedList<Waiting>;
}

/** Of so many that are taken from a priority while others wait below it, one is taken from below. */
const shareOfLower = 5;

/**
 * Who waits, by priority and flow. Higher priorities go first, but every fifth turn is that of a lower one, so that
 * a flood starves nobody. Within a priority the flows take turns, so that a long one keeps no other waiting; within a
 * flow it is first in, first out. Where there are places, one that is taken has one until it is done, and a flow that
 * has enough of them passes its turn, in all priorities; what none of a priority may take is handed down sparingly. All
 * operations take constant time, given the places. Meant for a handful of priorities and any number of flows.
 */
export class FairQueue {
  readonly #places: Places | undefined;
  /** The highest priority first. They stay: an empty one keeps its count of turns. */
  readonly #levels: Level[] = [];
  #size = 0;

  /** @param places what those that are taken share; without them any number is taken */
  constructor(places?: Places) {
    this.#places = places;
  }

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

  /** Takes the one whose turn it is; undefined when nobody waits, or none for whom there is a place. */
  shift(): Waiting | undefined {
    if (this.#places?.isFull) return undefined;
    let chosen: Level | undefined;
    let turn: Flow | undefined;
    for (const { level, next } of this.#candidates()) {
      if (next === undefined) continue;
      if (chosen?.passesOn() === false) break;
      chosen = level;
      turn = next;
    }
    if (chosen === undefined || turn === undefined) return undefined;
    const item = chosen.take(turn);
    this.#places?.take(turn.name);
    this.#size--;
    return item;
  }

  /** Gives back the place of one that was taken and is not in again. Needless where there are no places. */
  done(item: Waiting): void {
    if (item.flow !== undefined) this.#places?.giveBack(item.flow.name);
    item.flow = undefined;
  }

  /** The keys that shift would give next if the places stayed as they are, then the others; at most so many. */
  first(count: number): string[] {
    const keys = this.#order(count, true);
    if (keys.length === count || this.#places === undefined) return keys;
    return [...keys, ...this.#order(count - keys.length, false)];
  }

  /** The levels where any wait, who may go, and whose turn it is of these: where a higher one has none, less may go. */
  *#candidates(): Generator<{ level: Level; mayGo: (flow: Flow) => boolean; next: Flow | undefined }> {
    let isHandedDown = false;
    for (const level of this.#levels) {
      if (level.isEmpty) continue;
      const mayGo = this.#rule(isHandedDown);
      const next = level.next(mayGo);
      isHandedDown ||= next === undefined;
      yield { level, mayGo, next };
    }
  }

  #rule(isHandedDown: boolean): (flow: Flow) => boolean {
    return ({ name }) => this.#places?.hasEnough(name, isHandedDown) !== true;
  }

  /** The keys of the flows that may go, or of those that may not. */
  #order(count: number, those: boolean): string[] {
    const keys: string[] = [];
    const waiting = [...this.#candidates()].map(({ level, mayGo }) => {
      const items = level.items((flow) => mayGo(flow) === those);
      return { turns: level.turns, items, next: items.next().value };
    });
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
  readonly #turns = new LinkedList<Flow>();
  /** How often it was this level's turn while others waited below. */
  turns = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  get isEmpty(): boolean {
    return this.#turns.first === undefined;
  }

  /** It is this level's turn, and others wait below. @returns whether it leaves the turn to them */
  passesOn(): boolean {
    return ++this.turns % shareOfLower === 0;
  }

  push(item: Waiting, name: string): void {
    let flow = this.#flows.get(name);
    if (flow === undefined) {
      flow = { name, line: new LinkedList(), before: undefined, after: undefined };
      this.#flows.set(name, flow);
      this.#turns.push(flow);
    }
    item.flow = flow;
    flow.line.push(item);
  }

  delete(item: Waiting): void {
    if (item.flow !== undefined) this.#leave(item, item.flow);
    item.flow = undefined;
  }

  /** Whose turn it is; one that may not go stays where it is. */
  next(mayGo: (flow: Flow) => boolean): Flow | undefined {
    for (const flow of this.#turns) if (mayGo(flow)) return flow;
    return undefined;
  }

  /** Takes the flow's first. Its `flow` stays, for whoever is told that it is done. */
  take(flow: Flow): Waiting | undefined {
    const item = flow.line.first;
    if (item === undefined) return undefined;
    this.#turns.delete(flow);
    this.#turns.push(flow);
    this.#leave(item, flow);
    return item;
  }

  /** In the order in which they would be taken. The level must stay as it is meanwhile. */
  *items(isMeant: (flow: Flow) => boolean): Generator<Waiting, undefined> {
    let round: Waiting[] = [];
    for (const flow of this.#turns) {
      if (flow.line.first === undefined || !isMeant(flow)) continue;
      yield flow.line.first;
      round.push(flow.line.first);
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

  #leave(item: Waiting, flow: Flow): void {
    flow.line.delete(item);
    if (flow.line.first !== undefined) return;
    this.#turns.delete(flow);
    this.#flows.delete(flow.name);
  }
}
