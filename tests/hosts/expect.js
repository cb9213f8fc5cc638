// The suite's only assertion.

/** @type {(condition: unknown, what: string) => asserts condition} */
export function expect(condition, what) {
  if (!condition) throw new Error(`expected: ${what}`);
}
