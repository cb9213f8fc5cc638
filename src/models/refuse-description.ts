/** What a family says to a description in place of options. */

/**
 * Throws TypeError where options are a description, `{ kind, ...options }`: only what reads descriptions needs every kind
 * of layer and loss, so it is apart, and pages that make a model of code do without.
 */
export function refuseDescription(family: string, options: unknown): void {
  if (typeof options === "object" && options !== null && typeof (options as { kind?: unknown }).kind === "string")
    throw new TypeError(`${family}: the options are a model's description; use familyFrom(config) for these`);
}
