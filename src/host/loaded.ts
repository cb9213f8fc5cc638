/** A compiled program in a device's memory: its static storages and its words, and the addresses of its values. */
import type { Compiled } from "../compile/compile.js";
import { encode } from "../compile/encode.js";
import type { Device } from "./device.js";
import { Part, type Place, resolve, type Storage } from "../graph/storage.js";
import { bytesOf } from "../graph/values.js";
import type { RowWord } from "../graph/writer.js";
import type { Holding } from "./heap.js";

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
    const { plan, statics, waves } = this.compiled;
    const scratch = await heap.scratchFor(this.#holding, plan.bytes, this.#name);
    for (const one of statics) {
      if (this.#statics.has(one)) continue;
      const address = await heap.allocateFor(this.#holding, one.bytes, `${this.#name}: ${one.label}`);
      if (one.data) await engine.write(address, bytesOf(one.data));
      this.#statics.set(one, address);
    }
    if (this.#scratch === scratch && this.#epoch === heap.epoch) return;
    this.#scratch = scratch;
    this.#epoch = heap.epoch;
    const { words, rowWords } = encode(waves, (place) => this.addressOf(place));
    this.words = words;
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
