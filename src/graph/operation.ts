/** Functions that make nodes of a graph. */
import type { Op } from "./tensor.js";

/**
 * Attaches to a function the op record of the nodes that it makes. Like everything that makes op records, it is free of
 * side effects, so a bundler drops the operations that nobody imports.
 */
/* @__NO_SIDE_EFFECTS__ */
// biome-ignore lint/suspicious/noExplicitAny: the attributes may have any type
export function operation<Call extends object>(call: Call, op: Op<any>): Call & { readonly op: Op } {
  return Object.assign(call, { op });
}
