/**
 * Scores of molecules (Polykovskiy et al. 2020, MOSES; Brown et al. 2019, GuacaMol): valid, unique and novel ones. A molecule is
 * valid if it passes genloom's own check and, if it is installed, OpenChemLib's parser, which alone accepts too much: valences
 * are not limited there.
 */
import type { DomainScores } from "../domain.js";
import { hostTurn } from "../../host/turn.js";
import { canonicalForm, type OpenChemLib } from "./open-chem-lib.js";
import { isValidSmiles } from "./validity.js";

export interface MoleculeData {
  readonly training: readonly string[];
  readonly heldOut: readonly string[];
}

/** Names of the judges, for people. */
export const moleculeJudges = (library: OpenChemLib | undefined): string[] => [
  "valid: genloom's check of SMILES grammar, ring closures, valences and kekulisation",
  library === undefined
    ? "unique and novel: comparison of the strings, because the package openchemlib, which has canonical forms, is not installed"
    : `valid, unique and novel: the parser and the canonical forms of OpenChemLib ${library.version}`,
];

/**
 * Scores of molecules, each in [0, 1]:
 * - `valid`: share of the samples that are molecules;
 * - `unique`: number of different molecules among the valid ones, divided by their number;
 * - `novel`: share of these different molecules that are not in the training data.
 *
 * A share of nothing is 0. Floors are the same scores of the records that were held out.
 * @param library finds canonical forms; without it strings are compared as they are
 * @throws RangeError (as a rejection) if there are no samples
 */
export async function moleculeScores(
  library: OpenChemLib | undefined,
  texts: readonly string[],
  { training, heldOut }: MoleculeData,
): Promise<DomainScores> {
  if (texts.length === 0) throw new RangeError("molecules: scores must have at least one sample, found 0");
  const known = await knownForms(library, training);
  return {
    metrics: await sharesOf(library, texts, known),
    floors: heldOut.length === 0 ? {} : await sharesOf(library, heldOut, known),
    judges: moleculeJudges(library),
  };
}

async function sharesOf(library: OpenChemLib | undefined, texts: readonly string[], known: ReadonlySet<string>) {
  const valid = texts.filter(isValidSmiles);
  const forms = (await formsOf(library, valid)).filter((form) => form !== undefined);
  const different = new Set(forms);
  const unseen = [...different].filter((form) => !known.has(form));
  return {
    valid: forms.length / texts.length,
    unique: share(different.size, forms.length),
    novel: share(unseen.length, different.size),
  };
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** Forms of the training data that were found before, with and without the library: 50,000 take some seconds. */
const found = new WeakMap<readonly string[], Map<OpenChemLib | undefined, ReadonlySet<string>>>();

async function knownForms(library: OpenChemLib | undefined, training: readonly string[]): Promise<ReadonlySet<string>> {
  const before = found.get(training) ?? new Map<OpenChemLib | undefined, ReadonlySet<string>>();
  found.set(training, before);
  const forms = before.get(library) ?? new Set((await formsOf(library, training)).filter((form) => form !== undefined));
  before.set(library, forms);
  return forms;
}

/** Molecules between two turns of the event loop: some 20 ms. */
const turnEvery = 128;

/** The canonical form of each text, undefined for one that the library refuses; without it the texts. */
async function formsOf(library: OpenChemLib | undefined, texts: readonly string[]): Promise<(string | undefined)[]> {
  if (library === undefined) return [...texts];
  const forms: (string | undefined)[] = [];
  for (const text of texts) {
    forms.push(canonicalForm(library, text));
    if (forms.length % turnEvery === 0) await hostTurn();
  }
  return forms;
}
