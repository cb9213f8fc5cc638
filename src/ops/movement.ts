/** Operations that move elements and compute nothing. */
export * from "./movement/blocks.js";
export * from "./movement/order.js";
export * from "./movement/views.js";
