/** Bookkeeping of the kernels' memory: blocks of bytes handed out and taken back, first fit, neighbours merged. */
import { alignment } from "../compile/plan.js";

interface Free {
  address: number;
  bytes: number;
}

/** What a block takes: empty ones have an address of their own too. */
const sizeOf = (bytes: number): number => Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

/** Keeps track of addresses only; the engine owns the memory itself. */
export class Arena {
  readonly #free: Free[] = [];
  #top: number;
  #used = 0;

  constructor(start: number) {
    this.#top = Math.ceil(start / alignment) * alignment;
  }

  /** One past the highest address in use. */
  get top(): number {
    return this.#top;
  }

  /** Bytes of the blocks that are out. */
  get used(): number {
    return this.#used;
  }

  /** Address of a new block, a multiple of the alignment. */
  allocate(bytes: number): number {
    const size = sizeOf(bytes);
    this.#used += size;
    const at = this.#free.findIndex((free) => free.bytes >= size);
    if (at < 0) {
      const address = this.#top;
      this.#top += size;
      return address;
    }
    const free = this.#free[at];
    const { address } = free;
    free.address += size;
    free.bytes -= size;
    if (free.bytes === 0) this.#free.splice(at, 1);
    return address;
  }

  /** Takes a block back. */
  release(address: number, bytes: number): void {
    const size = sizeOf(bytes);
    this.#used -= size;
    const after = this.#free.findIndex((free) => free.address > address);
    const index = after < 0 ? this.#free.length : after;
    this.#free.splice(index, 0, { address, bytes: size });
    this.#merge(index);
    this.#merge(index - 1);
    const last = this.#free.at(-1);
    if (last && last.address + last.bytes === this.#top) {
      // A block that the host refused must not count in the next one's place.
      this.#top = last.address;
      this.#free.pop();
    }
  }

  #merge(index: number): void {
    const free = this.#free[index];
    const next = this.#free[index + 1];
    if (!free || !next || free.address + free.bytes !== next.address) return;
    free.bytes += next.bytes;
    this.#free.splice(index + 1, 1);
  }
}
