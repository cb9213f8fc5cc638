/**
 * Elements and the valences that they have in ordinary molecules. The valence of a charged atom is that of the neutral element
 * with as many electrons: N+ binds like C, O- like F.
 */

/** Symbols by atomic number - 1. */
const symbols = (
  "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc " +
  "Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi " +
  "Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og"
).split(" ");

/** Atomic numbers by symbol. */
export const atomicNumbers: ReadonlyMap<string, number> = new Map(symbols.map((symbol, index) => [symbol, index + 1]));

/** The symbol of an atomic number. */
export const symbolOf = (atomicNumber: number): string => symbols[atomicNumber - 1];

/** Elements that may be written aromatic, in lower case; those of two letters only in brackets. */
export const aromaticSymbols: ReadonlySet<string> = new Set(["b", "c", "n", "o", "p", "s", "si", "as", "se", "te"]);

/**
 * Usual valences, rising; elements that are not listed (metals whose bonds are not counted so) have no limit. They are those of
 * RDKit's table of elements and agree with OpenSMILES' (section 3.1.5) for its organic subset, save that iodine has 3 and 5 too
 * and nitrogen has no 5.
 */
const valences: Readonly<Record<string, readonly number[]>> = {
  H: [1],
  He: [0],
  Be: [2],
  B: [3],
  C: [4],
  N: [3],
  O: [2],
  F: [1],
  Ne: [0],
  Al: [3],
  Si: [4],
  P: [3, 5],
  S: [2, 4, 6],
  Cl: [1],
  Ar: [0],
  Ga: [3],
  Ge: [4],
  As: [3, 5],
  Se: [2, 4, 6],
  Br: [1],
  Kr: [0],
  In: [3],
  Sn: [2, 4],
  Sb: [3, 5],
  Te: [2, 4, 6],
  I: [1, 3, 5],
  Xe: [0, 2, 4, 6],
  Cs: [1],
  Pb: [2, 4],
  Bi: [3, 5],
  Po: [2, 4, 6],
  At: [1, 3, 5],
  Rn: [0],
  Fr: [1],
};

/** Anions of these may keep the bonds of the neutral atom, less one for each charge: SF5-. */
const hypervalentAnions = new Set(["P", "S", "As", "Se"]);

/** Valences of an atom by its element and charge, rising; undefined if there is no limit. */
export function valencesOf(atomicNumber: number, charge: number): readonly number[] | undefined {
  const symbol = symbolOf(atomicNumber);
  const own = valences[symbol];
  if (own === undefined) return undefined;
  const electrons = atomicNumber - charge;
  if (electrons <= 0) return [0];
  const alike = valences[symbolOf(electrons)];
  if (charge >= 0 || !hypervalentAnions.has(symbol)) return alike;
  const most = Math.max(0, own[own.length - 1] + charge);
  if (alike === undefined) return [most];
  return most > alike[alike.length - 1] ? [...alike, most] : alike;
}
