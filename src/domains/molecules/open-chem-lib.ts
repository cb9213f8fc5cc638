/**
 * The optional package `openchemlib` (BSD-3-Clause): canonical forms of molecules, a second judge of their validity, and
 * drawings. It is loaded when it is first needed; what works without it does so.
 */
import { UsageError } from "../../errors.js";
import { optionalPackage } from "../optional-package.js";

/** What is used of the package. */
export interface OpenChemLib {
  readonly version: string;
  readonly Molecule: {
    fromSmiles(
      smiles: string,
      options?: { readonly noCoordinates?: boolean; readonly noStereo?: boolean },
    ): OclMolecule;
  };
}

export interface OclMolecule {
  getIDCode(): string;
  toSVG(width: number, height: number, id?: string, options?: Readonly<Record<string, unknown>>): string;
}

const packageName = "openchemlib";

let provided: OpenChemLib | undefined;

/**
 * Gives genloom the package, for pages whose bundler cannot find it by its name:
 * `provideOpenChemLib(await import("openchemlib"))`.
 */
export function provideOpenChemLib(library: OpenChemLib): void {
  provided = library;
}

/** The package; undefined if it is not installed. Rejects if it is installed and cannot be loaded. */
export async function openChemLib(): Promise<OpenChemLib | undefined> {
  provided ??= (await optionalPackage(packageName)) as OpenChemLib | undefined;
  return provided;
}

/** Why there are no drawings. */
export const withoutDrawings = `drawings of molecules need the package ${packageName}, which is not installed`;

/**
 * The package, if there is one.
 * @throws UsageError that names it if there is none
 */
export function needOpenChemLib(library: OpenChemLib | undefined): OpenChemLib {
  if (library !== undefined) return library;
  throw new UsageError(withoutDrawings, { hint: `npm install ${packageName}` });
}

/** Whether a SMILES says on which side of a double bond or in which hand its atoms are. */
const stereo = /[@/\\]/;

/**
 * The canonical form of a molecule, OpenChemLib's ID code: equal for all SMILES of one molecule, Kekulé or aromatic.
 * @returns undefined if OpenChemLib refuses the SMILES
 */
export function canonicalForm(library: OpenChemLib, smiles: string): string | undefined {
  try {
    // Stereo descriptors come from coordinates, which take ten times as long as all else.
    const plain = !stereo.test(smiles);
    return library.Molecule.fromSmiles(smiles, plain ? { noCoordinates: true, noStereo: true } : {}).getIDCode();
  } catch {
    return undefined;
  }
}
