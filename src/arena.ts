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

  /** One past the highest address ever handed out. */
  get top(): number {
    return this.#top;
  }

  /** Address of a new block, a multiple of the alignment. */
  allocate(bytes: number): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    const at = this.#free.findIndex((free) => free.bytes >= size);
    if (at < 0) {
      const last = this.#free.at(-1);
      const touches = last !== undefined && last.address + last.bytes === this.#top;
      const address = touches ? last.address : this.#top;
      if (touches) this.#free.pop();
      this.#top = address + size;
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
  }

  #merge(index: number): void {
    const free = this.#free[index];
    const next = this.#free[index + 1];
    if (!free || !next || free.address + free.bytes !== next.address) return;
    free.bytes += next.bytes;
    this.#free.splice(index + 1, 1);
  }
}
