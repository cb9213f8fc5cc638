/** Fused elementwise maps. */
export function map(c: usize): void {}

/** Prepares the buffers of a record's scalars and constants; call once before `mapRange`. */
export function mapOpen(record: usize): void {}

/** Runs a record over elements [from, to) of its iteration space, on this lane. */
export function mapRange(record: usize, from: i32, to: i32): void {}
