/** The symbol of the method that `using` calls. */
import type { DisposeSymbol } from "../web-types.js";

/** On hosts without `Symbol.dispose`: the symbol that transpilers of `using` fall back to. */
export const dispose: DisposeSymbol = Symbol.dispose ?? (Symbol.for("Symbol.dispose") as DisposeSymbol);
