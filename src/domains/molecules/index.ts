/** Molecules, written as SMILES: read from `.smi` files, drawn, written, and judged. */
import type { Domain } from "../domain.js";
import { drawSheet, moleculesHtml } from "./draw.js";
import { needOpenChemLib, openChemLib } from "./open-chem-lib.js";
import { moleculeScores } from "./scores.js";
import { writeSmi } from "./write-smi.js";

export { type OclMolecule, type OpenChemLib, provideOpenChemLib } from "./open-chem-lib.js";
export { type ReadSmiOptions, readSmi } from "./read-smi.js";
export { isValidSmiles, smilesFault } from "./validity.js";

/** The domain of molecules. Scores are `valid`, `unique` and `novel`. */
export const molecules: Domain = {
  kind: "smiles",
  writers: {
    smi: ({ texts }) => writeSmi(texts),
    svg: async ({ texts }) => drawSheet(needOpenChemLib(await openChemLib()), texts),
  },
  html: async ({ texts }) => moleculesHtml(await openChemLib(), texts),
  scores: async ({ texts }, data) => moleculeScores(await openChemLib(), texts, data),
};
