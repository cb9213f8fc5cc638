/** Strided copies and fills. */
export function copy(c: usize): void {}
export function fill(c: usize): void {}
export function cast(c: usize): void {}
