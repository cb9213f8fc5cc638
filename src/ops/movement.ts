/** Operations that move elements without computing anything. */
export * from "./movement/blocks.js";
export * from "./movement/order.js";
export * from "./movement/views.js";
