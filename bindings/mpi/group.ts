/** One rank of a group whose exchanges are Open MPI's. */
import { writeSync } from "node:fs";
import { HostError, exitCodes } from "../../src/errors.js";
import type { Group } from "../../src/host/group.js";
import { inPlace, type MpiLibrary } from "./library.js";
import { sumInOrder, termsOf } from "../../src/host/reduction-order.js";
import { probe } from "./order.js";
import type { Waiting } from "./wait.js";

/** Most values of one exchange: larger ones are slower, because the values leave the cache between rounds. */
const block = 1_000_000;

/** Most bytes of all ranks that `agree` can gather: MPI counts them in 32 bits. */
const mostBytes = 2 ** 31 - 1;

/** At the end ranks wait for one another so many times as long as in an exchange. */
const patience = 10;

/** What a rank is made of. */
export interface Parts {
  readonly library: MpiLibrary;
  /** A communicator of this group alone. */
  readonly communicator: bigint;
  readonly rank: number;
  readonly size: number;
  readonly waiting: Waiting;
  /** Leaves MPI, after all ranks have come so far. */
  readonly leave: () => void;
}

/** A rank; its exchanges must follow one another, in the same order on all ranks. */
export class MpiGroup implements Group {
  readonly rank: number;
  readonly size: number;
  readonly #parts: Parts;
  /** Takes tensors of fewer values than an exchange must have. */
  readonly #least: Float32Array;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.rank = parts.rank;
    this.size = parts.size;
    this.#least = new Float32Array(termsOf(parts.size));
  }

  allReduce(values: Float32Array, what: string): void | Promise<void> {
    this.#begin(what);
    if (this.size === 1 || values.length === 0) return;
    if (values.length < this.#least.length) return this.#sumFew(values, what);
    const blocks = Math.ceil(values.length / block);
    // In equal parts, so that no block is too short; a multiple of 64 bytes for vectors.
    const length = blocks === 1 ? values.length : Math.ceil(values.length / blocks / 16) * 16;
    const part = blocks === 1 ? values : values.subarray(0, length);
    this.#start(part, what);
    const pending = this.#parts.waiting.complete(what, [part]);
    if (length < values.length) return this.#sumRest(pending, values, length, what);
    return pending;
  }

  /** The blocks after the first; between two of them the event loop has its turn. */
  async #sumRest(first: void | Promise<void>, values: Float32Array, length: number, what: string): Promise<void> {
    await first;
    for (let at = length; at < values.length; at += length) {
      const part = values.subarray(at, at + length);
      this.#start(part, what);
      await this.#parts.waiting.completeInTurn(what, [part]);
    }
  }

  #sumFew(values: Float32Array, what: string): void | Promise<void> {
    const few = this.#least;
    few.fill(0);
    few.set(values);
    this.#start(few, what);
    const take = () => values.set(few.subarray(0, values.length));
    const pending = this.#parts.waiting.complete(what, [few]);
    if (pending) return pending.then(take);
    take();
  }

  #start(part: Float32Array, what: string): void {
    const { library, communicator, waiting } = this.#parts;
    const { float, sum } = library.symbols;
    const { MPI_Iallreduce } = library.calls;
    waiting.check(MPI_Iallreduce(inPlace, part, part.length, float, sum, communicator, waiting.request), what);
  }

  async agree(bytes: Uint8Array, what: string): Promise<readonly Uint8Array[]> {
    this.#begin(what);
    const { library, communicator, waiting, size } = this.#parts;
    const { MPI_Iallgather, MPI_Iallgatherv } = library.calls;
    const { int, byte } = library.symbols;
    if (size === 1) return [bytes.slice()];
    const own = Int32Array.of(bytes.length);
    const lengths = new Int32Array(size);
    waiting.check(MPI_Iallgather(own, 1, int, lengths, 1, int, communicator, waiting.request), what);
    await waiting.complete(what, [own, lengths]);
    const ends: number[] = [];
    for (const length of lengths) ends.push((ends.at(-1) ?? 0) + length);
    const total = ends[size - 1];
    if (total > mostBytes)
      throw new RangeError(`mpi: agree: all bytes together must be <= ${mostBytes}, found ${total}`);
    const starts = Int32Array.from(ends, (end, i) => end - lengths[i]);
    // A copy, as views of no bytes have no address.
    const sent = new Uint8Array(Math.max(bytes.length, 1));
    sent.set(bytes);
    const all = new Uint8Array(Math.max(total, 1));
    waiting.check(
      MPI_Iallgatherv(sent, bytes.length, byte, all, lengths, starts, byte, communicator, waiting.request),
      what,
    );
    await waiting.complete(what, [sent, all, lengths, starts]);
    return ends.map((end, i) => all.slice(starts[i], end));
  }

  abort(message: string): void {
    const { library, communicator } = this.#parts;
    try {
      writeSync(2, `${message.replaceAll("\n", " ")}\n`);
    } catch {
      // Nobody reads it any more.
    }
    library.calls.MPI_Abort(communicator, exitCodes.rankLost);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { library, communicator, waiting, leave } = this.#parts;
    // To leave MPI is to wait for all ranks, without a time limit: those that are lost would never come.
    if (waiting.lost || waiting.pending) return;
    const what = "the end of all ranks";
    waiting.check(library.calls.MPI_Ibarrier(communicator, waiting.request), what);
    // One rank may still save what all have trained, and evaluate it.
    await waiting.completeInTurn(what, [], { times: patience });
    leave();
  }

  /** @throws HostError, RankLostError if an exchange cannot begin now */
  #begin(what: string): void {
    if (this.#closed) throw new HostError("mpi: the group has been closed", { code: "ERR_CLOSED" });
    this.#parts.waiting.checkLost(what);
    if (this.#parts.waiting.pending) {
      throw new HostError(`mpi: ${what}: another exchange is not complete yet`, { code: "ERR_BUSY" });
    }
  }

  /** @throws HostError if Open MPI adds in another order than that of `sumInOrder` */
  async checkOrder(): Promise<void> {
    const { rank, size } = this;
    // With two ranks there is but one order. Lengths at which Open MPI's algorithms choose different ways.
    for (const length of size < 3 ? [] : [1, 2, 3, 5, size + 3, 4099]) {
      const values = Float32Array.from({ length }, (_, i) => probe(rank, length + i));
      await this.allReduce(values, "the check of the order of sums");
      const ordered = values.every((value, i) =>
        Object.is(
          value,
          sumInOrder(
            Array.from({ length: size }, (_, other) => probe(other, length + i)),
            (a, b) => Math.fround(a + b),
          ),
        ),
      );
      if (ordered) continue;
      throw new HostError("mpi: this Open MPI adds the values of ranks in an order that is not always the same", {
        hint: "unset Open MPI's parameters whose names begin with coll_, or set coll_libnbc_iallreduce_algorithm to 4",
      });
    }
  }
}
