// The walk that finds types without a public name: from the exports of each entry through everything that their declarations mention.
// A compiler that writes a consumer's declarations fails where it inferred one of them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Entries that differ in their types; the others repeat those of the first. */
const entries = ["genloom", "genloom/files", "genloom/sequences", "genloom/tables"];
/** Where a type may be named, whatever entry it came from. */
const common = "genloom/types";

/**
 * @param {string} compiler the compiler's module, one with an interface for JavaScript
 * @param {string} folder where the package is installed
 * @returns {Promise<{ missing: string[], count: number }>} each type with its file and the way to it, and how many were walked
 */
export async function unnamedTypes(compiler, folder) {
  const ts = (await import(pathToFileURL(compiler).href)).default;
  const probe = join(folder, "names.mts");
  writeFileSync(probe, [...entries, common].map((entry) => `export * from ${JSON.stringify(entry)};\n`).join(""));
  const program = ts.createProgram([probe], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
  });
  const checker = program.getTypeChecker();
  const exported = program
    .getSourceFile(probe)
    .statements.map((/** @type {any} */ one) =>
      exportsOf(ts, checker, checker.getSymbolAtLocation(one.moduleSpecifier)),
    );
  const shared = exported.at(-1);
  const found = exported.slice(0, -1).map((/** @type {Map<any, string>} */ names) => walk(ts, checker, names, shared));
  return {
    missing: [...new Set(found.flatMap(({ missing }) => missing))].sort(),
    count: Math.max(...found.map(({ count }) => count)),
  };
}

/** Symbols that a module exports, also in namespaces, with their names. @param {any} ts @param {any} checker @param {any} module */
function exportsOf(ts, checker, module) {
  /** @type {Map<any, string>} */
  const names = new Map();
  const add = (/** @type {any} */ container, /** @type {string} */ prefix) => {
    for (const one of checker.getExportsOfModule(container)) {
      const symbol = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
      if (names.has(symbol)) continue;
      names.set(symbol, prefix + one.name);
      if (symbol.flags & ts.SymbolFlags.ValueModule) add(symbol, `${prefix}${one.name}.`);
    }
  };
  add(module, "");
  return names;
}

/**
 * The declarations that `names` reach.
 * @param {any} ts @param {any} checker
 * @param {Map<any, string>} names of one entry @param {Map<any, string>} shared of the common one
 */
function walk(ts, checker, names, shared) {
  const { SymbolFlags, SyntaxKind } = ts;
  const seen = new Set();
  /** @type {string[]} */
  const missing = [];
  /** @type {[any, string][]} */
  const queue = [...names].filter(([symbol]) => !(symbol.flags & SymbolFlags.ValueModule));
  const ours = (/** @type {any} */ one) =>
    one.declarations?.some((/** @type {any} */ node) => node.getSourceFile().fileName.includes("/genloom/dist/"));
  /** A symbol that compilers write by its name. Aliases of one type are written as that type. */
  const named = (/** @type {any} */ { flags, declarations: [node] }) =>
    flags & (SymbolFlags.Class | SymbolFlags.Interface | SymbolFlags.Enum | SymbolFlags.Function) ||
    (flags & SymbolFlags.TypeAlias &&
      (node.typeParameters || ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export)) ||
    (flags & SymbolFlags.Variable && node.type?.kind === SyntaxKind.FunctionType);
  const visit = (/** @type {any} */ node, /** @type {string} */ way) => {
    if (node.modifiers?.some((/** @type {any} */ one) => one.kind === SyntaxKind.PrivateKeyword)) return;
    const name =
      node.typeName ?? node.exprName ?? node.qualifier ?? (ts.isExpressionWithTypeArguments(node) && node.expression);
    const first = name && checker.getSymbolAtLocation(name);
    const symbol = first && first.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(first) : first;
    if (symbol && !(symbol.flags & SymbolFlags.TypeParameter) && ours(symbol)) queue.push([symbol, way]);
    ts.forEachChild(node, (/** @type {any} */ child) => visit(child, way));
  };
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [symbol, way] = next;
    if (seen.has(symbol)) continue;
    seen.add(symbol);
    if (!names.has(symbol) && !shared.has(symbol) && named(symbol)) {
      const file = symbol.declarations[0].getSourceFile().fileName.replace(/.*\/genloom\/dist\//, "");
      missing.push(`${symbol.name} of ${file}, by ${way}`);
    }
    // Constants that no entry gives are there for their keys.
    if (symbol.flags & SymbolFlags.Variable && !names.has(symbol)) continue;
    for (const node of symbol.declarations ?? [])
      visit(node, way.endsWith(symbol.name) ? way : `${way} > ${symbol.name}`);
  }
  return { missing, count: seen.size };
}
