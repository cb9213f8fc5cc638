/** Reductions. */
export function reduce(c: usize): void {}
