/** Matrix products. */
export function matmul(c: usize): void {}
