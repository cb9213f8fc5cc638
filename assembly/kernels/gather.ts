/** Rows picked and added by index, and the index of a row's maximum. */
export function gather(c: usize): void {}
export function scatterAdd(c: usize): void {}
export function argMax(c: usize): void {}
