/**
 * What a program keeps from one trace of its function to the next. A function is traced once for each shape of its inputs,
 * and variables that are made on the way (an optimizer's state, in `minimize`) have to be the same ones every time, or what
 * they hold would be lost with the first feed of another shape. They belong to the program: it has the memory, and whoever
 * makes such a variable asks for the memory of the program that is being traced.
 */
export class TraceMemory {
  readonly #made = new Map<string, unknown[]>();

  /** What was made under a name and is `wanted`, or else what `make` makes, kept from now on. */
  find<T>(name: string, wanted: (value: T) => boolean, make: () => T): T {
    const known = (this.#made.get(name) ?? []) as T[];
    const found = known.find(wanted);
    if (found !== undefined) return found;
    const made = make();
    this.#made.set(name, [...known, made]);
    return made;
  }

  /** Runs a function, which is not async, while this is the memory of the present trace. */
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

/** The memory of the program that is being traced; undefined where none is. */
export const traceMemory = (): TraceMemory | undefined => present;
