/** Philox4x32-10 random numbers. */
export function random(c: usize): void {}
export function tick(c: usize): void {}

/** Uniform [0, 1) f32 of elements [from, to) of `stream` at the clock's step, to `out`. */
export function uniformRange(out: usize, from: i32, to: i32, stream: i32, clock: usize): void {}

/** Standard normal f32, likewise. */
export function normalRange(out: usize, from: i32, to: i32, stream: i32, clock: usize): void {}
