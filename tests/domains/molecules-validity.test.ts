/** The parser of SMILES, valence limits and kekulisation: molecules are read as chemistry means them, faults are named. */
import { describe, expect, test } from "vitest";
import { largestMatching } from "../../src/domains/molecules/matching.js";
import { parseSmiles } from "../../src/domains/molecules/parse-smiles.js";
import { ringBonds } from "../../src/domains/molecules/ring-bonds.js";
import { isValidSmiles, readMolecule, smilesFault } from "../../src/domains/molecules/validity.js";
import { integers } from "../../src/numbers/philox.js";
import { knownMolecules } from "./molecules-known.js";

/** Bonds as text: indices of atoms and order. */
const bondsOf = (smiles: string) => readMolecule(smiles).bonds.map(({ from, to, order }) => `${from}-${to} ${order}`);

describe("parser", () => {
  test("branches, rings and dots join the right atoms", () => {
    expect(bondsOf("CC(=O)O.N")).toEqual(["0-1 1", "1-2 2", "1-3 1"]);
    expect(bondsOf("C1CC=1")).toEqual(["0-1 1", "1-2 1", "0-2 2"]);
    expect(bondsOf("C%12CC%12")).toEqual(bondsOf("C1CC1"));
    expect(bondsOf("C%(123)CC%(123)")).toEqual(bondsOf("C1CC1"));
    expect(bondsOf("C1CC1C1CC1")).toHaveLength(7);
    expect(bondsOf("C1.C1")).toEqual(["0-1 1"]);
    expect(bondsOf("C(C)1CC1")).toEqual(["0-1 1", "0-2 1", "2-3 1", "0-3 1"]);
    expect(bondsOf("C(C.N)O")).toEqual(["0-1 1", "0-3 1"]);
  });

  test("bracket atoms", () => {
    const [atom] = parseSmiles("[13C@@H2+2:7]").atoms;
    expect(atom).toEqual({ atomicNumber: 6, aromatic: false, charge: 2, hydrogens: 2, column: 1 });
    const charges = ["[N+]", "[N++]", "[N--]", "[N-3]", "[N]"].map((text) => parseSmiles(text).atoms[0].charge);
    expect(charges).toEqual([1, 2, -2, -3, 0]);
    expect(parseSmiles("[se]").atoms[0]).toMatchObject({ atomicNumber: 34, aromatic: true, hydrogens: 0 });
    expect(parseSmiles("[CH]").atoms[0].hydrogens).toBe(1);
    expect(parseSmiles("C").atoms[0].hydrogens).toBeUndefined();
  });

  test("all chiralities of OpenSMILES are read", () => {
    const names = ["@", "@@", ...[1, 2].flatMap((i) => [`@TH${i}`, `@AL${i}`]), "@SP1", "@SP2", "@SP3"];
    const many = [20, 30].flatMap((most, which) =>
      Array.from({ length: most }, (_, i) => `@${["TB", "OH"][which]}${i + 1}`),
    );
    expect([...names, ...many].filter((name) => smilesFault(`[Fe${name}]`) !== undefined)).toEqual([]);
    expect(["@@@", "@TH3", "@TB21", "@OH31", "@TB0"].filter((name) => isValidSmiles(`[Fe${name}]`))).toEqual([]);
  });

  test.each([
    ["", "column 1: a molecule must have an atom, found none"],
    ["C?", 'column 2: "?" is not part of SMILES'],
    ["C😀", 'column 2: "😀" is not part of SMILES'],
    ["CC name", 'column 3: " " is not part of SMILES'],
    ["C[N", 'column 2: this "[" has no "]"'],
    ["CN]", 'column 3: this "]" has no "["'],
    ["C[]", "column 2: brackets must hold an atom, found none"],
    ["C[Xx]", "column 2: brackets must hold an element"],
    ["C[CHH]", "found [CHH]"],
    ["[013C]", "found [013C]"],
    ["C[C-+]", "found [C-+]"],
    ["CSi", "column 2: Si stands outside of brackets"],
    ["C*", "column 2: * stands for any atom"],
    ["C%1", "column 2: neither two digits nor digits in parentheses follow %"],
    ["C(C", 'column 2: this "(" has no ")"'],
    ["CC)C", 'column 3: this ")" has no "("'],
    ["C()C", 'column 3: no atom follows "("'],
    ["C((C)C)", 'column 3: no atom follows "("'],
    ["C(=)C", 'column 4: no atom follows "="'],
    ["C(1)C1", "column 3: no atom stands before ring closure 1"],
    ["(C)", 'column 1: no atom stands before "("'],
    ["C=", 'column 3: no atom follows "="'],
    ["C==C", "column 3: bond = follows another bond"],
    ["=C", "column 1: no atom stands before bond ="],
    ["C.", 'column 3: no atom follows "."'],
    [".C", 'column 1: no atom stands before "."'],
    ["C..C", 'column 3: no atom follows "."'],
    ["C1CC", "column 2: ring closure 1 occurs only once"],
    ["1CC1", "column 1: no atom stands before ring closure 1"],
    ["C=1CC#1", "column 7: both ends of ring closure 1 have bonds, and these differ"],
    ["C11", "column 3: this ring closure joins an atom with itself"],
    ["C1C1", "column 4: this ring closure joins two atoms that are bonded already"],
    ["C12CC12", "column 7: this ring closure joins two atoms that are bonded already"],
    ["C:C", 'column 3: bond ":" joins atoms that are not both aromatic'],
  ])("%j: %s", (smiles, message) => {
    expect(smilesFault(smiles)).toContain(message);
  });

  test("a chain of 100,000 atoms is no problem", () => {
    expect(smilesFault("C".repeat(100_000))).toBeUndefined();
    expect(smilesFault(`${"C(".repeat(20_000)}C${")".repeat(20_000)}`)).toBeUndefined();
  });
});

describe("valences", () => {
  test.each([
    ["C(C)(C)(C)(C)C", "column 1: C must have at most 4 bonds, found 5"],
    ["CN(C)(C)C", "column 2: N must have at most 3 bonds, found 4"],
    ["CO(C)C", "column 2: O must have at most 2 bonds, found 3"],
    ["C=F", "column 3: F must have at most 1 bonds, found 2"],
    ["[CH5]", "column 1: C must have at most 4 bonds, found 5"],
    ["C[O-]C", "O of charge -1 must have at most 1 bonds, found 2"],
    ["C[N+](C)(C)(C)C", "N of charge +1 must have at most 4 bonds, found 5"],
    ["CS(=O)(=O)(=O)C", "S must have at most 6 bonds, found 8"],
    ["FP(F)(F)(F)(F)F", "P must have at most 5 bonds, found 6"],
    ["c1ccccc1=C=C(C)(C)C", "found 5"],
    ["[H+]C", "H of charge +1 must have at most 0 bonds, found 1"],
    ["c1ccc2(c1)cccc2", "column 5: C must have at most 3 aromatic bonds, found 4"],
  ])("%s: %s", (smiles, message) => expect(smilesFault(smiles)).toContain(message));

  test("metals have no limit", () => expect(isValidSmiles(`[Fe]${"(C)".repeat(9)}`)).toBe(true));
});

describe("aromatic rings", () => {
  test("have alternating bonds, in rings of five too", () => {
    expect(bondsOf("c1ccccc1").filter((bond) => bond.endsWith("2"))).toHaveLength(3);
    expect(bondsOf("c1ccc2ccccc2c1").filter((bond) => bond.endsWith("2"))).toHaveLength(5);
    expect(bondsOf("c1cc[nH]c1").filter((bond) => bond.endsWith("2"))).toHaveLength(2);
    expect(bondsOf("c1ccc2cccc-2cc1").filter((bond) => bond.endsWith("2"))).toHaveLength(5);
    expect(bondsOf("c1ccccc1c1ccccc1").filter((bond) => bond.endsWith("2"))).toHaveLength(6);
  });

  test.each(["c1cccc1", "c1ccnc1", "n1cccc1", "c1ccc[nH]c1", "c1cccccc1", "s1ccccc1", "o1ccccc1"])(
    "%s has an atom too many or too few",
    (smiles) => expect(smilesFault(smiles)).toContain("bonds of aromatic rings must alternate"),
  );

  test.each(["c", "cc", "Cc", "c1ccccc1Cc"])("%s: an atom outside of a ring is not aromatic", (smiles) =>
    expect(smilesFault(smiles)).toContain("this aromatic atom is not part of a ring"),
  );

  test("every molecule has whole valences after it: no aromatic bond is left", () => {
    const orders = knownMolecules.flatMap((smiles) => readMolecule(smiles).bonds.map(({ order }) => order));
    expect(orders.length).toBeGreaterThan(500);
    expect(new Set(orders)).toEqual(new Set([1, 2, 3]));
  });
});

test("bonds of rings are those without which the molecule still hangs together", () => {
  const text = "CC1CC1CC1CC2CC1CC2C.C1CC1";
  const graph = parseSmiles(text);
  const inRings = ringBonds(graph);
  for (const bond of graph.bonds) {
    const rest = graph.bonds.filter((other) => other !== bond);
    const reached = new Set([bond.from]);
    for (let before = 0; before < reached.size; ) {
      before = reached.size;
      for (const { from, to } of rest) if (reached.has(from) || reached.has(to)) reached.add(from).add(to);
    }
    expect(inRings.has(bond)).toBe(reached.has(bond.to));
  }
});

/** Most edges of a matching, by trying all. */
function mostEdges(neighbours: readonly (readonly number[])[], free: ReadonlySet<number>): number {
  const [vertex] = free;
  if (vertex === undefined) return 0;
  const rest = new Set(free);
  rest.delete(vertex);
  const partners = neighbours[vertex].filter((other) => rest.has(other));
  const counts = partners.map((other) => {
    const left = new Set(rest);
    left.delete(other);
    return 1 + mostEdges(neighbours, left);
  });
  return Math.max(mostEdges(neighbours, rest), ...counts);
}

test("matchings are as large as any, on 600 random graphs with odd cycles", () => {
  let perfect = 0;
  for (let step = 0; step < 600; step++) {
    const count = 4 + (step % 9);
    const random = [...integers(count * 4, count, { seed: 5, step, stream: 0 })];
    const neighbours: number[][] = Array.from({ length: count }, () => []);
    const edges = count + (step % 4);
    for (let edge = 0; edge < edges; edge++) {
      const [a, b] = [random[2 * edge], random[2 * edge + 1]];
      if (a === b || neighbours[a].includes(b)) continue;
      neighbours[a].push(b);
      neighbours[b].push(a);
    }
    const partner = largestMatching(neighbours);
    partner.forEach((other, vertex) => {
      if (other < 0) return;
      expect(partner[other]).toBe(vertex);
      expect(neighbours[vertex]).toContain(other);
    });
    const matched = partner.filter((other) => other >= 0).length / 2;
    expect(matched).toBe(mostEdges(neighbours, new Set(neighbours.keys())));
    if (matched * 2 === count) perfect++;
  }
  expect(perfect).toBeGreaterThan(20);
});
