/** The error for a description given in place of options. */

/**
 * Throws TypeError if `options` is a description `{ kind, ...options }`. Reading descriptions needs every kind of layer
 * and loss, so it is in another module, which pages that build models in code need not load.
 */
export function refuseDescription(family: string, options: unknown): void {
  if (typeof options === "object" && options !== null && typeof (options as { kind?: unknown }).kind === "string")
    throw new TypeError(`${family}: the options are a model's description; use familyFrom(config) for these`);
}
