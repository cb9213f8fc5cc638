/**
 * Objects that a program keeps from one trace of its function to the next. A function is traced once per shape of its
 * inputs. Variables created during a trace (an optimizer's state, in `minimize`) must be the same in all traces, or their
 * values would be lost when inputs of another shape are fed. So the code that creates such a variable looks it up in the
 * `TraceMemory` of the program that is being traced.
 */
export class TraceMemory {
  readonly #made = new Map<string, unknown[]>();

  /** The kept object of this name for which `wanted` is true; if there is none, that of `make`, which is kept. */
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

/** The memory of the program that is being traced; undefined outside of a trace. */
export const traceMemory = (): TraceMemory | undefined => present;
