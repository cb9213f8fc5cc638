// Compiles assembly/generator.ts: the module from which `genloom export` makes generators. Every loop stays a function of
// its own (no inlining), so that an export can leave out what its programs do not use; a table says which functions each
// opcode and each micro-operation reaches.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileModule, inlined } from "./build-kernels.js";
import { root } from "./host.js";
import { outlineOf, withoutCustomSections } from "./wasm-sections.js";

const execute = "assembly/interpreter/execute";
const micro = "assembly/kernels/map/micro/micro";
/**
 * Functions that only some programs call: products whose rows may depend on each other (`MatmulWord.RowsTogether`), loops,
 * and what concerns the classes of rows.
 */
const apart = {
  tables: /^assembly\/kernels\/matmul\/binary\/binaryRows$/,
  loops: /^assembly\/loop\/(enterLoop|countIteration|afterIteration|moveWords)$/,
  classes: /^assembly\/generator\/(feedLabels|setLabels|keepLabels|checkedLabels)$/,
};

/** Name of the last part of a function's path, with a capital: `assembly/kernels/move/copy` becomes `Copy`. */
const lastPart = (/** @type {string} */ name) =>
  name.replace(/^.*\//, "").replace(/^./, (letter) => letter.toUpperCase());

/** Micro-operation of a function that `micro` calls: the functor's name, or that of the random numbers. */
const microOf = (/** @type {string} */ name) =>
  /functors\/(\w+)>$/.exec(name)?.[1] ?? lastPart(name).replace(/Range$/, "");

/**
 * The names of a const enum's members in opcode.ts, by their order. The enums in question number their members from 0.
 * @param {string} source @param {string} name
 */
function membersOf(source, name) {
  const body = new RegExp(`export const enum ${name} \\{([^}]*)\\}`).exec(source)?.[1];
  if (body === undefined) throw new Error(`build-generator: opcode.ts has no enum ${name}`);
  const members = [...body.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "").matchAll(/(\w+)\s*(=?)/g)];
  if (members.some(([, , assigned]) => assigned)) throw new Error(`build-generator: ${name} assigns numbers`);
  return members.map(([, member = ""]) => member);
}

/**
 * What each command needs: indices of functions, from the module's text.
 * @param {string} text @param {string} opcodes source of assembly/opcode.ts
 */
export function reachOf(text, opcodes) {
  /** @type {Map<string, Set<string>>} calls of each function, in the order of their indices */
  const calls = new Map();
  /** @type {Set<string>} */
  let own = new Set();
  for (const [, defined, called] of text.matchAll(/^ *\(func \$([^\s()]+)|\((?:return_)?call \$([^\s()]+)/gm)) {
    if (defined) {
      own = new Set();
      calls.set(defined, own);
    } else if (called) own.add(called);
  }
  const indices = new Map([...calls.keys()].map((name, i) => [name, i]));
  /** @param {Iterable<string>} roots */
  const reached = (roots) => {
    const seen = new Set(roots);
    // Added while iterating: the functions that they call. Those of the two switches are chosen by the program.
    for (const one of seen) {
      if (one === execute || one === micro) continue;
      for (const next of calls.get(one) ?? [])
        if (!Object.values(apart).some((some) => some.test(next))) seen.add(next);
    }
    return [...seen].map((name) => {
      const index = indices.get(name);
      if (index === undefined) throw new Error(`build-generator: ${name} is called, but is no function`);
      return index;
    });
  };
  /** @param {string} from @param {string} kind @param {(name: string) => string} memberOf */
  const cases = (from, kind, memberOf) => {
    const members = membersOf(opcodes, kind);
    /** @type {number[][]} */
    const table = members.map(() => []);
    for (const name of calls.get(from) ?? []) {
      const at = members.indexOf(memberOf(name));
      if (at < 0) throw new Error(`build-generator: ${from} calls ${name}, which belongs to no ${kind}`);
      table[at] = [...new Set([...(table[at] ?? []), ...reached([name])])].sort((a, b) => a - b);
    }
    return table;
  };
  const exported = [...text.matchAll(/\(export "[^"]+" \(func \$([^\s()]+)\)\)/g)].map(([, name = ""]) => name);
  const named = (/** @type {RegExp} */ some) => {
    const found = [...calls.keys()].filter((name) => some.test(name));
    if (found.length === 0) throw new Error(`build-generator: no function is named ${some}`);
    return found;
  };
  for (const name of [execute, micro])
    if (!calls.get(name)?.size) throw new Error(`build-generator: ${name} is missing, or calls nothing`);
  return {
    exports: Object.fromEntries(
      [...text.matchAll(/\(export "([^"]+)" \(func \$([^\s()]+)\)\)/g)].map(([, name = "", target = ""]) => [
        name,
        reached([target]),
      ]),
    ),
    always: reached(exported.filter((name) => name.endsWith("/error") || name.endsWith("/describe"))),
    opcodes: cases(execute, "Opcode", lastPart),
    micros: cases(micro, "Micro", microOf),
    ...Object.fromEntries(Object.entries(apart).map(([name, some]) => [name, reached(named(some))])),
  };
}

const declarations = `/** Length of the module in bytes, before compression. */
export declare const size: number;
/** The module: base64 of its bytes, compressed as deflate-raw. */
export declare const bytes: string;
/** Indices of the functions that each export, opcode and micro-operation reaches. */
export declare const reach: {
  readonly exports: Readonly<Record<string, readonly number[]>>;
  readonly always: readonly number[];
  readonly opcodes: readonly (readonly number[])[];
  readonly micros: readonly (readonly number[])[];
  /** Those of products by tables, of loops, and of the classes of rows. */
  readonly tables: readonly number[];
  readonly loops: readonly number[];
  readonly classes: readonly number[];
};
`;

/** Writes generator.js to a folder. @param {string} folder absolute */
export async function buildGenerator(folder) {
  const draft = join(folder, `.generator.${process.pid}.wasm`);
  try {
    const text = await compileModule(draft, {
      entry: "assembly/generator.ts",
      build: "generator",
      optimise: ["--one-caller-inline-max-function-size", "0", "--flexible-inline-max-function-size", "0"],
      names: true,
    });
    const reach = reachOf(text, readFileSync(join(root, "assembly/opcode.ts"), "utf8"));
    const bytes = withoutCustomSections(readFileSync(draft));
    const { sections, imports } = outlineOf(bytes);
    const excess = [...imports, ...sections.filter((one) => one === "data" || one === "start" || one === "element")];
    if (excess.length > 0) throw new Error(`build-generator: the module must stand alone, found ${excess.join(", ")}`);
    writeFileSync(draft, `${inlined("generator", bytes)}export const reach = ${JSON.stringify(reach)};\n`);
    renameSync(draft, join(folder, "generator.js"));
    writeFileSync(join(folder, "generator.d.ts"), declarations);
  } finally {
    for (const end of ["", ".wat"]) rmSync(`${draft}${end}`, { force: true });
  }
}
