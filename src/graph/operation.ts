/** Functions that make nodes of a graph. */
import type { Op } from "./tensor.js";

/**
 * A function with the record of the operation that it makes nodes of. Free of side effects, as is everything that makes
 * records, so that a bundler leaves out the operations that nobody imports.
 */
/* @__NO_SIDE_EFFECTS__ */
// biome-ignore lint/suspicious/noExplicitAny: whatever the attributes of the operation are
export function operation<Call extends object>(call: Call, op: Op<any>): Call & { readonly op: Op } {
  return Object.assign(call, { op });
}
