/// <reference lib="esnext.disposable" preserve="true" />
/** The symbol of the method that `using` calls. */

/** On hosts without `Symbol.dispose`: the symbol that transpilers of `using` fall back to. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as typeof Symbol.dispose);
