import type { Program } from '../contract.ts';
import { decodeSteps, encodeBatch, type KnownFailure, type WireStep } from '../wire/batch.ts';
import type { HostInput } from '../wire/input.ts';
import type { Answers, HostOutput, Reply } from '../wire/output.ts';
import type { Crashers } from './crashers.ts';
import type { AskWork, Flight, RequestWork, Work } from './work.ts';

/** Calls of one message, at most. */
const batchCalls = 100;
/** Fewer calls than this are not worth being split over the Workers. */
const splitCalls = 16;
/** Batches that the host has at a time, for each Worker: one that runs, one that waits for it. */
const batchesPerWorker = 2;
/** Work that saw this many hosts die is done with nothing else in the host, to find the culprit. */
const suspectDeaths = 2;

/**
 * What the host was asked and what is still to be asked. Every work is settled exactly once, however often the host
 * dies: what it had is asked again, and what keeps killing it is found and answered with `crash`.
 */
export class Dispatcher {
  readonly #workers: number;
  readonly #crashers: Crashers;
  readonly #send: (input: HostInput) => void;
  readonly #flights = new Map<number, Flight>();
  #requests: RequestWork[] = [];
  #asks: AskWork[] = [];
  #suspects: Work[] = [];
  #lastRequest = 0;
  #isServing = false;

  /** @param send takes messages while the host is in service. */
  constructor(workers: number, crashers: Crashers, send: (input: HostInput) => void) {
    this.#workers = workers;
    this.#crashers = crashers;
    this.#send = send;
  }

  /** Adds work; `pump` sends it. */
  add(work: Work): void {
    if (work.kind === 'request') this.#requests.push(work);
    else this.#asks.push(work);
  }

  /** A new host is up. It is told of all programs that may be asked, then of what is unanswered. */
  serve(programs: Iterable<Program>): void {
    this.#isServing = true;
    for (const program of programs) this.#send({ kind: 'define', program });
    this.pump();
  }

  /** The host died: all that it had comes back. */
  lost(): void {
    this.#isServing = false;
    const flights = [...this.#flights.values()];
    this.#flights.clear();
    const requests: RequestWork[] = [];
    const asks: AskWork[] = [];
    const sortOut = (work: Work) => {
      work.deaths++;
      if (work.deaths >= suspectDeaths) this.#suspects.push(work);
      else if (work.kind === 'request') requests.push(work);
      else asks.push(work);
    };
    const isAlone = flights.length === 1;
    for (const flight of flights) {
      if (flight.kind === 'probe') {
        this.#convict(flight.work, flight.program);
      } else if (flight.kind === 'batch') {
        for (const work of flight.works) if (work) sortOut(work);
      } else if (isAlone && flight.work.deaths >= suspectDeaths) {
        flight.work.crashed();
      } else {
        sortOut(flight.work);
      }
    }
    this.#requests = [...requests, ...this.#requests];
    this.#asks = [...asks, ...this.#asks];
  }

  hear(output: HostOutput): void {
    if (output.kind === 'loaded' || output.kind === 'checked') this.#replied(output);
    else if (output.kind === 'answers') this.#answered(output);
    this.pump();
  }

  /** Sends what may be sent. */
  pump(): void {
    if (!this.#isServing) return;
    if (this.#suspects.length > 0) {
      if (this.#flights.size === 0) this.#probe();
      return;
    }
    for (const work of this.#requests.splice(0)) this.#sendRequest(work);
    // Requests in flight take no place from batches: the host has queues of their own for them.
    const inFlight = [...this.#flights.values()].filter(({ kind }) => kind === 'batch').length;
    let places = this.#workers * batchesPerWorker - inFlight;
    for (; this.#asks.length > 0 && places > 0; places--) this.#sendBatch();
  }

  #sendRequest(work: RequestWork): void {
    this.#send(work.message(this.#fly({ kind: 'request', work })));
  }

  #sendBatch(): void {
    const share = Math.ceil(this.#asks.length / this.#workers);
    const output = this.#asks[0]?.call.output ?? false;
    let count = 0;
    const most = Math.min(batchCalls, Math.max(splitCalls, share), this.#asks.length);
    while (count < most && (this.#asks[count]?.call.output ?? false) === output) count++;
    const works = this.#asks.splice(0, count);
    const known = works.flatMap(({ call }, index) => this.#knownFailures(call.programs, index));
    const id = this.#fly({ kind: 'batch', works: [...works], unanswered: works.length });
    const calls = works.map(({ call }) => call);
    this.#send({ kind: 'evaluate', batch: encodeBatch(id, calls, known, output) });
  }

  /** One suspect's next program, alone in the host. */
  #probe(): void {
    const work = this.#suspects[0];
    if (!work) return;
    if (work.kind === 'request') {
      this.#suspects.shift();
      this.#sendRequest(work);
      return;
    }
    const program = work.call.programs[work.steps.length];
    if (program === undefined) {
      this.#suspects.shift();
      work.settle(work.steps);
      this.pump();
      return;
    }
    const id = this.#fly({ kind: 'probe', work, program });
    const known = this.#knownFailures([program], 0);
    const call = { ...work.call, programs: [program] };
    this.#send({ kind: 'evaluate', batch: encodeBatch(id, [call], known, work.call.output ?? false) });
  }

  #convict(work: AskWork, program: string): void {
    work.steps.push({
      program,
      seconds: 0,
      answer: { result: 'error', failure: this.#crashers.add(program) },
    });
  }

  #knownFailures(programs: readonly string[], call: number): KnownFailure[] {
    return programs.flatMap((program) => {
      const failure = this.#crashers.verdict(program);
      return failure ? [{ call, program, failure, seconds: 0 }] : [];
    });
  }

  #replied(reply: Reply): void {
    const flight = this.#flights.get(reply.request);
    if (flight?.kind !== 'request') return;
    this.#flights.delete(reply.request);
    flight.work.settle(reply);
  }

  #answered(answers: Answers): void {
    const flight = this.#flights.get(answers.batch);
    if (!flight || flight.kind === 'request') return;
    const calls: WireStep[][] = JSON.parse(answers.steps);
    if (flight.kind === 'probe') {
      this.#flights.delete(answers.batch);
      const { work, program } = flight;
      work.steps.push(...decodeSteps([program], calls[0] ?? []));
      if (work.steps.at(-1)?.answer.result === 'resolved') {
        this.#suspects.shift();
        work.settle(work.steps);
      }
      return;
    }
    calls.forEach((steps, index) => {
      const place = answers.from + index;
      const work = flight.works[place];
      flight.works[place] = undefined;
      flight.unanswered--;
      work?.settle(decodeSteps(work.call.programs, steps));
    });
    if (flight.unanswered === 0) this.#flights.delete(answers.batch);
  }

  #fly(flight: Flight): number {
    const id = ++this.#lastRequest;
    this.#flights.set(id, flight);
    return id;
  }
}
