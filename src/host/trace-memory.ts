/**
 * What a program keeps between traces of its function. A function is traced once for each shape of its inputs.
 * Variables created during a trace (an optimizer's state, in `minimize`) must be the same in every trace, or their
 * values would be lost with the first input of another shape. The memory belongs to the program; code that creates such
 * a variable looks it up in the memory of the program being traced.
 */
export class TraceMemory {
  readonly #made = new Map<string, unknown[]>();

  /** The value stored under a name that is `wanted`, or else the result of `make`, which is stored. */
  find<T>(name: string, wanted: (value: T) => boolean, make: () => T): T {
    const known = (this.#made.get(name) ?? []) as T[];
    const found = known.find(wanted);
    if (found !== undefined) return found;
    const made = make();
    this.#made.set(name, [...known, made]);
    return made;
  }

  /** Runs a synchronous function with this as the current trace memory. */
  during<T>(trace: () => T): T {
    const before = present;
    present = this;
    try {
      return trace();
    } finally {
      present = before;
    }
  }
}

let present: TraceMemory | undefined;

/** The memory of the program that is being traced; undefined outside a trace. */
export const traceMemory = (): TraceMemory | undefined => present;
