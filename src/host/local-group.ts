/** A group of ranks in one process: for tests, and for machines without Open MPI. */
import { RankLostError } from "../errors.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Group } from "./group.js";
import { sumInOrder } from "./reduction-order.js";

export interface LocalGroupOptions {
  /** Seconds that a rank waits for the others before it fails; default 60. */
  readonly timeout?: number;
}

/** One rank's part in a meeting of all ranks, and how it goes on. */
interface Arrival {
  readonly given: Float32Array | Uint8Array;
  readonly resolve: (all: readonly (Float32Array | Uint8Array)[]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const added = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value + b[i]);

/** The place where the ranks of one process meet. */
class Meeting {
  #arrived: (Arrival | undefined)[];
  #ended: Error | undefined;

  constructor(
    private readonly size: number,
    private readonly timeout: number,
  ) {
    this.#arrived = this.#none();
  }

  #none(): (Arrival | undefined)[] {
    return Array.from({ length: this.size }, () => undefined);
  }

  /** Resolves with what each rank has brought, when all have come. */
  join<T extends Float32Array | Uint8Array>(rank: number, given: T, what: string): Promise<readonly T[]> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.end(this.#late(rank, what)), 1000 * this.timeout);
      this.#arrived[rank] = { given, resolve: (all) => resolve(all as readonly T[]), reject, timer };
      const all = this.#arrived.filter((one) => one !== undefined);
      if (all.length < this.size) return;
      const lengths = all.map((one) => one.given.length);
      if (given instanceof Float32Array && lengths.some((length) => length !== given.length))
        return this.end(
          new RankLostError(
            `allReduce: all ranks must give equally many values of ${what}, found ${lengths.join(", ")}`,
          ),
        );
      this.#arrived = this.#none();
      for (const one of all) {
        clearTimeout(one.timer);
        one.resolve(all.map((other) => other.given));
      }
    });
  }

  /** Ends every exchange, now and later. */
  end(error: Error): void {
    this.#ended ??= error;
    const waiting = this.#arrived.filter((one) => one !== undefined);
    this.#arrived = this.#none();
    for (const { timer, reject } of waiting) {
      clearTimeout(timer);
      reject(this.#ended);
    }
  }

  #late(rank: number, what: string): RankLostError {
    const name = `rank ${rank} of ${this.size}`;
    return new RankLostError(`${name} waited ${this.timeout} s in ${what}`, {
      hint: "another rank ended or hangs; resume from the last checkpoint",
    });
  }
}

/**
 * The ranks of a group in this process, for example one for each of several runtimes.
 * @param size number of ranks, 1 or more
 * @throws RangeError if the number is not an integer from 1 on
 * @example localGroup(3).map(({ rank, size }) => `${rank} of ${size}`) // ["0 of 3", "1 of 3", "2 of 3"]
 * @example await (async ([a, b]) => { const x = Float32Array.of(1, 2); await Promise.all([a.allReduce(x, "x"), b.allReduce(Float32Array.of(10, 20), "x")]); return [...x]; })(localGroup(2)) // [11, 22]
 * @example localGroup(0) // throws localGroup: size must be an integer >= 1, found 0
 */
export function localGroup(size: number, options: LocalGroupOptions = {}): readonly Group[] {
  checkOptions("localGroup", options, ["timeout"]);
  checkNumber("localGroup", "size", size, { whole: true, atLeast: 1 });
  const { timeout = 60 } = options;
  checkNumber("localGroup", "timeout", timeout, { above: 0 });
  const meeting = new Meeting(size, timeout);
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    async allReduce(values: Float32Array, what: string) {
      // A copy: the others add it after this rank has its sum.
      values.set(sumInOrder(await meeting.join(rank, values.slice(), what), added));
    },
    agree: (bytes: Uint8Array, what: string) => meeting.join(rank, bytes.slice(), what),
    abort: (message: string) => meeting.end(new RankLostError(`rank ${rank} of ${size} ended: ${message}`)),
    close: () => undefined,
  }));
}
