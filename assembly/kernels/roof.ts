/** The machine's multiply-add roof. */
export function roof(c: usize): void {}
