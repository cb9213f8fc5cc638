/**
 * A compiled program in a device's memory: its static storages and its words, and the addresses of its values.
 *
 * Invariant commands (compile/invariant.ts) come first in the words. They run again only if a variable that they depend on
 * was written since, or if the memory of their results or the kernels are others: otherwise a run begins behind them.
 */
import { Status } from "../../assembly/opcode.js";
import type { RunResult } from "./engine.js";
import type { Exchange } from "./exchanges.js";
import type { Compiled } from "../compile/compile.js";
import { encode } from "../compile/encode.js";
import type { Device } from "./device.js";
import { Part, type Place, resolve, type Storage } from "../graph/storage.js";
import { bytesOf } from "../graph/values.js";
import type { RowWord } from "../graph/writer.js";
import type { Block, Holding } from "./heap.js";

/** A compiled program with the memory that it holds on a device; freed with its owner. */
export class Loaded {
  /** The program as the kernels read it. */
  words: Int32Array = new Int32Array(0);
  #rowWords: readonly RowWord[] = [];
  /** The first row that the words in memory stand for. */
  #row = 0;
  /** Address of the words. */
  address = 0;
  readonly #name: string;
  readonly #holding: Holding;
  readonly #statics = new Map<Storage, number>();
  #scratch = -1;
  /** The heap's epoch when the words were encoded. */
  #epoch = -1;
  /** Index of the first word behind the invariant commands. */
  start = 0;
  /** Memory of the kept values. */
  #block: Block | undefined;
  /** What the kept values depend on, as it was when they were computed; undefined if there are none. */
  #state: string | undefined;

  /** @param options `owner`: the memory is freed when it is unreachable; `name`: of the program, in errors */
  constructor(
    private readonly device: Device,
    readonly compiled: Compiled,
    { owner, name }: { readonly owner: object; readonly name: string },
  ) {
    this.#name = name;
    this.#holding = device.heap.hold(owner);
  }

  /** Allocates memory and encodes the words, if that is not done yet or addresses have changed. Within `exclusive`. */
  async place(): Promise<void> {
    const { heap, engine } = this.device;
    const { plan, statics, waves, invariant } = this.compiled;
    const scratch = await heap.scratchFor(this.#holding, plan.bytes, this.#name);
    if (invariant) {
      const { kept } = invariant;
      const block = await heap.keptFor(this.#holding, kept.bytes, `${this.#name}: ${kept.label}`);
      if (block !== this.#block) this.#epoch = -1;
      this.#block = block;
      this.#statics.set(kept, block.address);
    }
    for (const one of statics) {
      if (this.#statics.has(one)) continue;
      const address = await heap.allocateFor(this.#holding, one.bytes, `${this.#name}: ${one.label}`);
      if (one.data) await engine.write(address, bytesOf(one.data));
      this.#statics.set(one, address);
    }
    if (this.#scratch === scratch && this.#epoch === heap.epoch) return;
    this.#scratch = scratch;
    this.#epoch = heap.epoch;
    this.#state = undefined;
    const { words, start, rowWords } = encode(waves, (place) => this.addressOf(place), invariant?.waves);
    this.words = words;
    this.start = start;
    this.#rowWords = rowWords;
    this.#row = 0;
    this.address ||= await heap.allocateFor(this.#holding, this.words.byteLength, `${this.#name}: commands`);
    await engine.write(this.address, bytesOf(this.words));
  }

  /** Makes the next run compute the rows of a block from `row` on. Within `exclusive`. */
  async startAt(row: number): Promise<void> {
    if (row === this.#row) return;
    this.#row = row;
    for (const { at, start, stride } of this.#rowWords)
      await this.device.engine.write(this.address + 4 * at, bytesOf(Int32Array.of(start + row * stride)));
  }

  /** Runs steps, with the invariant commands in the first one if they must run. Within `exclusive`. */
  async run(times: number, signal?: AbortSignal, exchange?: Exchange): Promise<RunResult> {
    const { engine, heap, patience } = this.device;
    const { invariant, updated } = this.compiled;
    const begin = this.address + 4 * this.start;
    const made = exchange && (await import("./exchanges.js")).Exchanges;
    const exchangesFrom = (done: number) =>
      exchange && made && new made((values, command, step) => exchange(values, command, step + done));
    const state = invariant && `${engine.build} ${heap.versions(invariant.variables)}`;
    try {
      if (this.#state === state) return await engine.run(begin, times, patience, signal, exchangesFrom(0));
      this.#state = undefined;
      const first = await engine.run(this.address, 1, patience, signal, exchangesFrom(0));
      this.#state = state;
      if (times === 1 || first.status !== Status.Done || signal?.aborted) return first;
      const others = await engine.run(begin, times - 1, patience, signal, exchangesFrom(1));
      return { ...others, steps: 1 + others.steps };
    } finally {
      heap.wrote(updated);
    }
  }

  /** Address of a place. For one that moves with a loop's iterations: its address outside the loop. */
  addressOf(at: Place): number {
    const { storage, offset } = resolve(at).place;
    const { home } = storage;
    if (home instanceof Part) throw new Error(`${storage.label}: a part of a part`);
    if (home === "static") return (this.#statics.get(storage) as number) + offset;
    if (home === "scratch") return this.#scratch + (this.compiled.plan.offsets.get(storage) as number) + offset;
    return this.device.addressOf(home) + offset;
  }

  /** Frees the memory. */
  release(): void {
    this.device.heap.giveBack(this.#holding);
  }
}
