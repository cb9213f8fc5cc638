/** Bookkeeping of the kernels' memory: blocks of bytes handed out and taken back, first fit, neighbours merged. */
import { alignment } from "./compile/plan.js";

interface Free {
  address: number;
  bytes: number;
}

/** Keeps track of addresses only; the engine owns the memory itself. */
export class Arena {
  readonly #free: Free[] = [];
  #top: number;

  constructor(start: number) {
    this.#top = Math.ceil(start / alignment) * alignment;
  }

  /** One past the highest address in use. */
  get top(): number {
    return this.#top;
  }

  /** Address of a new block, a multiple of the alignment. */
  allocate(bytes: number): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
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
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
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
