/** Memory allocator of a runtime: first fit over a list of free blocks; adjacent free blocks are merged. */
import { alignment } from "../compile/plan.js";

interface Free {
  address: number;
  bytes: number;
}

/**
 * Bytes that a block occupies: a multiple of the alignment, and at least one unit, so that empty blocks have distinct
 * addresses.
 */
const sizeOf = (bytes: number): number => Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

/** Manages addresses only; the engine owns the memory. */
export class Arena {
  readonly #free: Free[] = [];
  #top: number;
  #used = 0;

  constructor(start: number) {
    this.#top = Math.ceil(start / alignment) * alignment;
  }

  /** End of the highest address in use. */
  get top(): number {
    return this.#top;
  }

  /** Total bytes of the allocated blocks. */
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

  /** Frees a block. */
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
      // Lower the top, so that a block for which the host had no memory does not raise the next request.
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
