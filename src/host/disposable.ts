/// <reference lib="esnext.disposable" preserve="true" />
/** The key of the method that `using` calls. */

/** If the host does not have it, the symbol that transpilers of `using` look for. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
