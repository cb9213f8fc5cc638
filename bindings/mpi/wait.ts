/**
 * Waits for the other ranks: a call of MPI that was begun is asked again and again whether it is complete, because MPI makes
 * progress in no other way. It is asked in a row for some milliseconds, as most exchanges take less; after that in turn with
 * the event loop, so that signals and timers are served; and once the others are late for certain, with pauses in which the
 * core is free.
 */
import { setImmediate, setTimeout } from "node:timers/promises";
import { RankLostError } from "../../src/errors.js";
import { type MpiLibrary, textIn } from "./library.js";

/** Milliseconds. */
const time = {
  /** A call is asked in a row for so long. */
  atOnce: 4,
  /** It is asked in a row between two turns of the event loop for so long, */
  inTurn: 1,
  /** and until it has waited for so long. */
  eager: 100,
  /** Then for so long, */
  late: 0.2,
  /** with a pause of so long after it. */
  pause: 1,
  /** What a rank that was told to end gives the others: mpirun kills it after a second. */
  grace: 500,
  /** More than this between two questions was not waiting: the process was stopped, or did something else. */
  gap: 1000,
};

const hint =
  "continue from the last checkpoint with --resume; the messages of the other ranks and of mpirun may say more";

/** Buffers of calls that never completed: MPI may still write to them. */
const abandoned: unknown[] = [];

/** The waits of one rank, which has at most one call that is not complete. */
export class Waiting {
  readonly #library: MpiLibrary;
  readonly #name: string;
  readonly #seconds: number;
  readonly #done = new Int32Array(1);
  /** Of the call that is not complete yet. */
  readonly request = new BigUint64Array(1);
  #lost = false;
  #ending = false;
  #pending = false;

  /** @param name of this rank: "rank 0 of 4" @param seconds after which the others are lost */
  constructor(library: MpiLibrary, name: string, seconds: number) {
    this.#library = library;
    this.#name = name;
    this.#seconds = seconds;
  }

  /** Whether a call failed or was given up, after which this process can do no more with MPI than to abort. */
  get lost(): boolean {
    return this.#lost;
  }

  /** @throws RankLostError if it is so */
  checkLost(what: string): void {
    if (this.#lost) throw new RankLostError(`${this.#name} lost the others before ${what}`, { hint });
  }

  /** Whether a call is not complete yet. */
  get pending(): boolean {
    return this.#pending;
  }

  /** Makes this and later waits short: the process was asked to end. */
  end(): void {
    this.#ending = true;
  }

  /** @throws RankLostError if a function of MPI returned an error */
  check(code: number, what: string): void {
    if (code === 0) return;
    this.#lost = true;
    const text = new Uint8Array(1024);
    const length = new Int32Array(1);
    this.#library.calls.MPI_Error_string(code, text, length);
    throw new RankLostError(`${this.#name} lost the others in ${what}: ${textIn(text, length[0])}`, { hint });
  }

  /**
   * Completes the call of `request`.
   * @param what the call is for
   * @param buffers of the call, which are kept until it is complete
   * @throws RankLostError if it fails or takes too long, at once or as a rejection
   */
  complete(what: string, buffers: readonly unknown[]): void | Promise<void> {
    if (this.#asked(what, performance.now() + time.atOnce)) return;
    return this.completeInTurn(what, buffers, { waited: time.atOnce });
  }

  /**
   * As `complete`, but the event loop has its turn first.
   * @param options `waited`: milliseconds so far; `times`: the time limit is so many times that of an exchange
   */
  async completeInTurn(
    what: string,
    buffers: readonly unknown[],
    { waited: before = 0, times = 1 } = {},
  ): Promise<void> {
    const limit = this.#seconds * 1000 * times;
    const gap = Math.min(time.gap, limit / 4);
    let waited = before;
    let last = performance.now();
    let graceUntil = Number.POSITIVE_INFINITY;
    this.#pending = true;
    try {
      for (;;) {
        const eager = waited < time.eager;
        await (eager ? setImmediate() : setTimeout(time.pause));
        if (this.#asked(what, performance.now() + (eager ? time.inTurn : time.late))) return;
        const now = performance.now();
        waited += Math.min(now - last, gap);
        last = now;
        if (this.#ending) graceUntil = Math.min(graceUntil, waited + time.grace);
        const told = waited < limit;
        if (told && waited < graceUntil) continue;
        this.#giveUp(what, buffers, `${told ? (waited / 1000).toFixed(1) : limit / 1000} s`, told);
      }
    } finally {
      this.#pending = false;
    }
  }

  #asked(what: string, until: number): boolean {
    const { MPI_Test } = this.#library.calls;
    do {
      this.check(MPI_Test(this.request, this.#done, null), what);
      if (this.#done[0] !== 0) return true;
    } while (performance.now() < until);
    return false;
  }

  #giveUp(what: string, buffers: readonly unknown[], waited: string, told: boolean): never {
    this.#lost = true;
    abandoned.push(this.request, ...buffers);
    const reason = told ? ", then it was told to end" : "";
    throw new RankLostError(`${this.#name} waited ${waited} in ${what}${reason}`, { hint });
  }
}
