/** A recipe as code that a user could have written. */
import { sizeOf } from "#src/graph/shape";
import {
  type Argument,
  isLeaf,
  isRef,
  leafOf,
  loopOf,
  numberOf,
  type Recipe,
  type Ref,
  refsOf,
  type Step,
} from "./recipe.js";
import { valuesOf } from "./values.js";

function text(argument: Argument): string {
  if (isRef(argument)) return `t${argument.t}`;
  if (Array.isArray(argument)) return `[${argument.map(text).join(", ")}]`;
  if (typeof argument === "object") {
    if ("n" in argument) return Object.is(numberOf(argument as { n: string }), -0) ? "-0" : String(argument.n);
    const entries = Object.entries(argument as { readonly [option: string]: Argument });
    return entries.length === 0 ? "{}" : `{ ${entries.map(([name, value]) => `${name}: ${text(value)}`).join(", ")} }`;
  }
  return JSON.stringify(argument);
}

/** Functions that recipes call by positional arguments and users otherwise. */
const calls: Readonly<Record<string, (args: readonly string[]) => string>> = {
  attention: ([queries, keys, values]) => `attention({ queries: ${queries}, keys: ${keys}, values: ${values} })`,
  gradient: ([y, x]) => `gradient(${y}, [${x}])[0]`,
  moments: ([x, axes]) => `moments(${x}, ${axes}).variance`,
  spectralNorm: ([weight, direction]) => `spectralNorm(${weight}, ${direction}).weight`,
  standardize: ([x, mean, variance]) => `standardize(${x}, { mean: ${mean}, variance: ${variance} })`,
};

const numberText = (value: number) => (Object.is(value, -0) ? "-0" : String(value));

function dataText(step: Step): string {
  const { shape, domain, seed } = leafOf(step);
  const count = sizeOf(shape);
  if (domain === "wave" && count > 4)
    return `Array.from({ length: ${count} }, (_, i) => Math.fround(1.5 * Math.sin(i * 0.7 + ${seed})))`;
  return `[${[...valuesOf(domain, seed, count)].map(numberText).join(", ")}]`;
}

/** Steps that outputs and updates need, in order. */
export function neededSteps({ steps, outputs, updates, checks }: Recipe): number[] {
  const needed = new Set<number>();
  const open = [...outputs, ...updates.flat(), ...checks];
  for (let t = open.pop(); t !== undefined; t = open.pop()) {
    if (needed.has(t)) continue;
    needed.add(t);
    open.push(...refsOf(steps[t]));
  }
  return [...needed].sort((a, b) => a - b);
}

/** Lines that make the steps of a recipe, and what they need from outside. */
interface Lines {
  readonly variables: string[];
  readonly inputs: string[];
  readonly feeds: string[];
  readonly literals: string[];
  readonly used: Set<string>;
}

function leafLines(t: number, step: Step, free: boolean, { variables, inputs, feeds, literals, used }: Lines): void {
  const { shape, dtype } = leafOf(step);
  const shown = `[${shape.join(", ")}]`;
  if (step.call === "variable") {
    used.add("variable");
    const type = dtype === "f32" ? "" : `, dtype: "${dtype}"`;
    variables.push(`const t${t} = variable({ name: "v${t}", shape: ${shown}${type}, data: ${dataText(step)} });`);
  } else if (step.call === "input") {
    const pattern = free ? `[${shape.map(() => "null").join(", ")}]` : shown;
    inputs.push(`  const t${t} = input("x${t}", ${pattern}${dtype === "f32" ? "" : `, "${dtype}"`});`);
    feeds.push(free ? `x${t}: { data: ${dataText(step)}, shape: ${shown} }` : `x${t}: ${dataText(step)}`);
  } else {
    used.add("literal");
    literals.push(`  const t${t} = literal(Float32Array.from(${dataText(step)}), ${shown});`);
  }
}

const record = (list: readonly (readonly [string, string])[]) =>
  list.length === 0 ? "{}" : `{ ${list.map(([name, value]) => `${name}: ${value}`).join(", ")} }`;

/** A loop's lines: those of its body stand deeper. */
function loopLines(
  recipe: Recipe,
  needed: readonly number[],
  loop: number,
  used: Set<string>,
  indent: string,
): string[] {
  const { scan, length, reverse, carries, rows, outputs } = loopOf(recipe.steps, loop);
  used.add("scan");
  const own = (name: string, list: readonly number[]) => record(list.map((t, k) => [`${name}${k}`, `t${t}`]));
  const options: [string, string][] = [
    ["length", String(length)],
    ["reverse", String(reverse)],
    [
      "carries",
      own(
        "c",
        carries.map(({ first }) => first),
      ),
    ],
    [
      "sequences",
      own(
        "s",
        rows.map(({ sequence }) => sequence),
      ),
    ],
  ];
  const stands = [
    own(
      "c",
      carries.map(({ carry }) => carry),
    ),
    own(
      "s",
      rows.map(({ row }) => row),
    ),
  ];
  const given: [string, string][] = [
    [
      "carries",
      own(
        "c",
        carries.map(({ next }) => next),
      ),
    ],
    ["outputs", own("o", outputs)],
  ];
  return [
    `${indent}const t${scan} = scan(${record(options)}, (${stands.join(", ")}) => {`,
    ...callLines(
      recipe,
      needed.filter((t) => t > loop && t < scan),
      used,
      `${indent}  `,
    ),
    `${indent}  return ${record(given)};`,
    `${indent}});`,
  ];
}

/** Lines of the calls among some steps. */
function callLines(recipe: Recipe, needed: readonly number[], used: Set<string>, indent: string): string[] {
  const { steps } = recipe;
  const lines: string[] = [];
  let from = 0;
  for (const t of needed) {
    const { call, args } = steps[t];
    if (t < from || isLeaf(steps[t]) || call === "carry" || call === "row") continue;
    if (call === "loop") {
      lines.push(...loopLines(recipe, needed, t, used, indent));
      from = loopOf(steps, t).scan + 1;
    } else if (call === "result") {
      const [{ t: scan }, k] = args as unknown as [Ref, number];
      const count = loopOf(steps, (steps[scan].args[0] as Ref).t).carries.length;
      const name = k < count ? `carries.c${k}` : `outputs.o${k - count}`;
      lines.push(`${indent}const t${t} = t${scan}.${name};`);
    } else {
      used.add(call);
      const shown = args.map(text);
      lines.push(`${indent}const t${t} = ${calls[call]?.(shown) ?? `${call}(${shown.join(", ")})`};`);
    }
  }
  return lines;
}

/** The program as a module of Node. */
export function codeOf(recipe: Recipe): string {
  const { steps, outputs, updates, checks, runs, first, lanes, relaxed, seed, free } = recipe;
  const needed = neededSteps(recipe);
  const lines: Lines = { variables: [], inputs: [], feeds: [], literals: [], used: new Set(["createRuntime"]) };
  for (const t of needed) if (isLeaf(steps[t])) leafLines(t, steps[t], free, lines);
  const body = callLines(recipe, needed, lines.used, "  ");
  const out = outputs.map((t, i) => `o${i}: t${t}`).join(", ");
  const next = updates.map(([v, t]) => `[t${v}, t${t}]`).join(", ");
  const checked = checks.length > 0 ? `, checks: [${checks.map((t) => `t${t}`).join(", ")}]` : "";
  return [
    `// seed ${seed}`,
    `import { ${[...lines.used].sort().join(", ")} } from "genloom";`,
    `const runtime = await createRuntime({ threads: ${lanes}${relaxed ? "" : ", deterministic: true"} });`,
    ...lines.variables,
    `const program = runtime.compile(({ input }) => {`,
    ...lines.inputs,
    ...lines.literals,
    ...body,
    `  return { outputs: { ${out} }, updates: new Map([${next}])${checked} };`,
    `}); // { fuse: false } is the second opinion`,
    ...runs.map(
      (times, i) =>
        `console.log(await program.tryRun({ ${lines.feeds.join(", ")} }, { times: ${times}${i === 0 ? `, seed: 5, step: ${first}` : ""} }));`,
    ),
    ...updates.map(([v]) => `console.log("v${v}", (await runtime.read(t${v})).data);`),
    `await runtime.close();`,
  ].join("\n");
}
