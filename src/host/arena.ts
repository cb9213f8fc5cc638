/** Allocator for the kernels' memory: first fit, adjacent free blocks are merged. */
import { alignment } from "../compile/plan.js";

interface Free {
  address: number;
  bytes: number;
}

/** Size of a block; even empty blocks have distinct addresses. */
const sizeOf = (bytes: number): number => Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

/** Manages addresses only; the engine owns the memory itself. */
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

  /** Bytes of allocated blocks. */
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
      // A block that the host refused must not count for the next allocation.
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
