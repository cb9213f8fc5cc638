/// <reference lib="esnext.disposable" preserve="true" />
/** The name of the method that `using` calls. */

/** Where a host does not have it yet: what transpilers of `using` look for there. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
