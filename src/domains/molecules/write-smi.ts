/** Writer of `.smi` files. */

/**
 * SMILES as the text of a `.smi` file, one a line. An empty one leaves an empty line, which readers skip.
 * @example writeSmi(["CCO", "C1CC1"]) // "CCO\nC1CC1\n"
 */
export const writeSmi = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");
