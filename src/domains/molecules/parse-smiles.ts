/**
 * Parser of SMILES (Weininger 1988; OpenSMILES 1.0, section 3): atoms, bonds, branches, ring closures, and parts that are
 * separated by dots. It reads strictly: a bond joins two atoms, brackets are paired, and both ends of a ring closure agree.
 */
import { type SmilesToken, smilesTokens } from "../../data/codecs/smiles-tokens.js";
import type { Atom, Bond, MolecularGraph } from "./molecular-graph.js";
import { readAtom } from "./read-atom.js";

/**
 * Orders of bond symbols. / and \ say on which side of a double bond its neighbours are, and leave the order as it is without a
 * symbol.
 */
const orders: Readonly<Record<string, Bond["order"] | undefined>> = {
  "-": 1,
  "/": undefined,
  "\\": undefined,
  "=": 2,
  "#": 3,
  $: 4,
  ":": "aromatic",
};

/** A ring closure that waits for its second digit. */
interface OpenRing {
  readonly atom: number;
  readonly order: Bond["order"] | undefined;
  readonly column: number;
}

/**
 * The molecule that a SMILES text says. Bonds without a symbol are aromatic between two aromatic atoms and single otherwise.
 * @throws RangeError that names the column, from 1, of the first violation of the grammar
 */
export function parseSmiles(text: string): MolecularGraph {
  const parser = new Parser();
  for (const token of smilesTokens(text)) parser.take(token);
  return parser.finish(text.length + 1);
}

class Parser {
  readonly #atoms: Atom[] = [];
  readonly #bonds: Bond[] = [];
  /** Keys of the pairs of atoms that are bonded. */
  readonly #pairs = new Set<string>();
  readonly #rings = new Map<number, OpenRing>();
  /** Atoms where branches begin, and the columns of their parentheses. */
  readonly #branches: { readonly atom: number; readonly column: number }[] = [];
  /** The atom that the next one is bonded to; undefined at the start and after a dot. */
  #last: number | undefined;
  /** The bond symbol before the next atom or ring closure. */
  #bond: SmilesToken | undefined;
  /** Whether a parenthesis or dot has just been read, which an atom (or its bond) must follow. */
  #before: SmilesToken | undefined;

  take(token: SmilesToken): void {
    const { text } = token;
    const atom = readAtom(token);
    if (atom !== undefined) this.#addAtom(atom);
    else if (text === "(") this.#openBranch(token);
    else if (text === ")") this.#closeBranch(token);
    else if (text === ".") this.#separate(token);
    else if (text in orders) this.#setBond(token);
    else this.#addRing(token);
  }

  /** The graph. `end` is the column after the text. */
  finish(end: number): MolecularGraph {
    if (this.#atoms.length === 0) throw fault(end, "a molecule must have an atom, found none");
    this.#expectAtom(end);
    const [branch] = this.#branches;
    if (branch !== undefined) throw fault(branch.column, 'this "(" has no ")"');
    for (const [number, { column }] of this.#rings) throw fault(column, `ring closure ${number} occurs only once`);
    return { atoms: this.#atoms, bonds: this.#bonds };
  }

  #addAtom(atom: Atom): void {
    const index = this.#atoms.push(atom) - 1;
    if (this.#last !== undefined) this.#join(this.#last, index, this.#takeOrder(), atom.column);
    this.#last = index;
    this.#before = undefined;
  }

  #setBond(token: SmilesToken): void {
    if (this.#bond !== undefined) throw fault(token.column, `bond ${token.text} follows another bond`);
    if (this.#last === undefined) throw fault(token.column, `no atom stands before bond ${token.text}`);
    this.#bond = token;
  }

  #openBranch(token: SmilesToken): void {
    this.#expectAtom(token.column);
    if (this.#last === undefined) throw fault(token.column, 'no atom stands before "("');
    this.#branches.push({ atom: this.#last, column: token.column });
    this.#before = token;
  }

  #closeBranch(token: SmilesToken): void {
    this.#expectAtom(token.column);
    const branch = this.#branches.pop();
    if (branch === undefined) throw fault(token.column, 'this ")" has no "("');
    this.#last = branch.atom;
  }

  #separate(token: SmilesToken): void {
    this.#expectAtom(token.column);
    if (this.#last === undefined) throw fault(token.column, 'no atom stands before "."');
    this.#last = undefined;
    this.#before = token;
  }

  #addRing({ text, column }: SmilesToken): void {
    if (this.#last === undefined || this.#before !== undefined) {
      throw fault(column, `no atom stands before ring closure ${text}`);
    }
    const number = Number(text.replace(/[%()]/g, ""));
    const order = this.#takeOrder();
    const open = this.#rings.get(number);
    if (open === undefined) {
      this.#rings.set(number, { atom: this.#last, order, column });
      return;
    }
    this.#rings.delete(number);
    if (order !== undefined && open.order !== undefined && order !== open.order) {
      throw fault(column, `both ends of ring closure ${number} have bonds, and these differ`);
    }
    this.#join(open.atom, this.#last, order ?? open.order, column);
  }

  #join(from: number, to: number, written: Bond["order"] | undefined, column: number): void {
    if (from === to) throw fault(column, "this ring closure joins an atom with itself");
    const pair = `${Math.min(from, to)} ${Math.max(from, to)}`;
    if (this.#pairs.has(pair)) throw fault(column, "this ring closure joins two atoms that are bonded already");
    this.#pairs.add(pair);
    const aromatic = this.#atoms[from].aromatic && this.#atoms[to].aromatic;
    if (written === "aromatic" && !aromatic) throw fault(column, 'bond ":" joins atoms that are not both aromatic');
    this.#bonds.push({ from, to, order: written ?? (aromatic ? "aromatic" : 1) });
  }

  /** The order of the bond symbol that was read last, if any. */
  #takeOrder(): Bond["order"] | undefined {
    const order = this.#bond === undefined ? undefined : orders[this.#bond.text];
    this.#bond = undefined;
    return order;
  }

  /** Throws if something is unfinished that an atom must follow. */
  #expectAtom(column: number): void {
    const open = this.#bond ?? this.#before;
    if (open !== undefined) throw fault(column, `no atom follows ${JSON.stringify(open.text)}`);
  }
}

const fault = (column: number, rule: string) => new RangeError(`column ${column}: ${rule}`);
