/** RDKit (`@rdkit/rdkit`) as a judge of molecules, and seeded corruptions of SMILES. */
import { integers } from "../../src/numbers/philox.js";

interface Mol {
  is_valid(): boolean;
  get_smiles(details?: string): string;
  delete(): void;
}

interface RdKit {
  version(): string;
  get_mol(smiles: string): Mol | null;
}

export interface Judge {
  readonly version: string;
  accepts(smiles: string): boolean;
  /** Canonical SMILES with aromatic atoms; undefined if RDKit refuses it. */
  canonical(smiles: string): string | undefined;
}

export async function rdkitJudge(): Promise<Judge> {
  const silent = { print: () => undefined, printErr: () => undefined };
  const start = (await import("@rdkit/rdkit")).default as unknown as (options: object) => Promise<RdKit>;
  const rdkit = await start(silent);
  const canonical = (smiles: string) => {
    const molecule = rdkit.get_mol(smiles);
    try {
      return molecule?.is_valid() ? molecule.get_smiles() : undefined;
    } finally {
      molecule?.delete();
    }
  };
  return { version: rdkit.version(), canonical, accepts: (smiles) => canonical(smiles) !== undefined };
}

/**
 * Different texts, each made from one of `sources` by one to three deletions, swaps of neighbours, and insertions of characters
 * that are in the sources.
 */
export function corrupted(sources: readonly string[], count: number, seed: number): string[] {
  const alphabet = [...new Set(sources.join(""))].sort();
  const found = new Set<string>();
  for (let step = 0; found.size < count; step++) {
    const random = [...integers(16, 2 ** 30, { seed, step, stream: 0 })];
    const below = (bound: number) => (random.pop() as number) % bound;
    const characters = [...sources[below(sources.length)]];
    for (let edits = 1 + below(3); edits > 0; edits--) {
      const at = below(characters.length);
      const kind = below(3);
      if (kind === 0 && characters.length > 1) characters.splice(at, 1);
      else if (kind === 1 && at + 1 < characters.length) characters.splice(at, 2, characters[at + 1], characters[at]);
      else characters.splice(at, 0, alphabet[below(alphabet.length)]);
    }
    found.add(characters.join(""));
  }
  return [...found];
}

/** Texts by the verdicts of two judges. */
export function compared(texts: readonly string[], ours: (text: string) => boolean, theirs: (text: string) => boolean) {
  const [both, neither, lenient, strict]: string[][] = [[], [], [], []];
  for (const text of texts) {
    const [mine, other] = [ours(text), theirs(text)];
    (mine ? (other ? both : lenient) : other ? strict : neither).push(text);
  }
  return { both, neither, lenient, strict, agreement: (both.length + neither.length) / texts.length };
}
