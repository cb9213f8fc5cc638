/**
 * The check of molecules against RDKit: on real molecules, on corrupted ones, and on every element, charge and number of bonds.
 * Corruptions that only RDKit accepts are of these kinds: H+ with bonds, ":" between atoms that are not aromatic, ring closures
 * whose ends have different bonds, and a bond too many at an atom in lower case.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { canonicalForm, openChemLib, type OpenChemLib } from "../../src/domains/molecules/open-chem-lib.js";
import { atomicNumbers } from "../../src/domains/molecules/elements.js";
import { isValidSmiles, smilesFault } from "../../src/domains/molecules/validity.js";
import { knownMolecules } from "./molecules-known.js";
import { compared, corrupted, type Judge, rdkitJudge } from "./rdkit-judge.js";

const heldOut = fileURLToPath(new URL("../../../shared/data/smiles/qm9-heldout-5k.smi", import.meta.url));
const missing = "needs ../shared/data/smiles";
const qm9 = () => readFileSync(heldOut, "utf8").trim().split("\n");

let judge: Judge;
let library: OpenChemLib;
beforeAll(async () => {
  judge = await rdkitJudge();
  library = (await openChemLib()) as OpenChemLib;
});

/** Agreement of at least 99%, and at most 0.5% that only we accept. */
function expectAgreement(texts: readonly string[]) {
  const found = compared(texts, isValidSmiles, judge.accepts);
  expect(found.both.length).toBeGreaterThan(texts.length / 20);
  expect(found.neither.length).toBeGreaterThan(texts.length / 3);
  expect(found.lenient.length).toBeLessThanOrEqual(texts.length * 0.005);
  expect(found.agreement).toBeGreaterThanOrEqual(0.99);
  return found;
}

describe("textbook molecules", () => {
  test.each(knownMolecules)("%s is accepted by both, and so is RDKit's own form", (smiles) => {
    const canonical = judge.canonical(smiles) as string;
    expect([smiles, canonical].map((one) => [judge.accepts(one), smilesFault(one)])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
  });

  test("6,000 corrupted ones", () => {
    expectAgreement(corrupted(knownMolecules, 6000, 1));
  });
});

describe("QM9", () => {
  test("the 5,000 held-out molecules are accepted, and in the aromatic form of RDKit too", ({ skip }) => {
    skip(!existsSync(heldOut), missing);
    const molecules = qm9();
    expect(molecules).toHaveLength(5000);
    expect(molecules.filter((smiles) => smilesFault(smiles) !== undefined)).toEqual([]);
    const canonical = molecules.map(judge.canonical);
    expect(canonical.filter((smiles) => smiles === undefined || smilesFault(smiles) !== undefined)).toEqual([]);
  });

  test("10,000 corrupted ones, half of them aromatic", ({ skip }) => {
    skip(!existsSync(heldOut), missing);
    const molecules = qm9();
    const plain = expectAgreement(corrupted(molecules, 5000, 2));
    const aromatic = expectAgreement(
      corrupted(
        molecules.map((smiles) => judge.canonical(smiles) as string),
        5000,
        3,
      ),
    );
    // The whole of the judgement, with OpenChemLib as second filter.
    for (const { both } of [plain, aromatic]) {
      const kept = both.filter((smiles) => canonicalForm(library, smiles) !== undefined);
      expect(kept.length / both.length).toBeGreaterThan(0.95);
    }
  });

  test("OpenChemLib's forms are equal where RDKit's are", ({ skip }) => {
    skip(!existsSync(heldOut), missing);
    const molecules = qm9().slice(0, 1500);
    const different = molecules.filter(
      (smiles) => canonicalForm(library, smiles) !== canonicalForm(library, judge.canonical(smiles) as string),
    );
    expect(different).toEqual([]);
    const count = (forms: readonly unknown[]) => new Set(forms).size;
    expect(count(molecules.map((smiles) => canonicalForm(library, smiles)))).toBe(
      count(molecules.map(judge.canonical)),
    );
  });
});

test("every element with charges and bonds: nothing is accepted that RDKit refuses", () => {
  const symbols = [...atomicNumbers.keys()];
  const texts = symbols.flatMap((symbol) =>
    [-3, -2, -1, 0, 1, 2, 3].flatMap((charge) =>
      Array.from({ length: 8 }, (_, bonds) => {
        const sign = charge === 0 ? "" : charge > 0 ? `+${charge}` : String(charge);
        return `[${symbol}${sign}]${"(F)".repeat(bonds)}`;
      }),
    ),
  );
  const { lenient, strict } = compared(texts, isValidSmiles, judge.accepts);
  expect(lenient).toEqual([]);
  // Atoms without electrons have no bonds here: H+, He+2, Li+3 are not limited there, nor is H- to one.
  expect(strict.filter((text) => !/^\[(H|He|Li)[+-]/.test(text))).toEqual([]);
});
