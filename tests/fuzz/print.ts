/** A recipe as code that a user could have written. */
import { sizeOf } from "#src/graph/shape";
import { type Argument, isRef, leafOf, numberOf, type Recipe, refsOf, type Step } from "./recipe.js";
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
export function neededSteps({ steps, outputs, updates }: Recipe): number[] {
  const needed = new Set<number>();
  const open = [...outputs, ...updates.flat()];
  for (let t = open.pop(); t !== undefined; t = open.pop()) {
    if (needed.has(t)) continue;
    needed.add(t);
    open.push(...refsOf(steps[t]));
  }
  return [...needed].sort((a, b) => a - b);
}

/** The program as a module of Node. */
export function codeOf(recipe: Recipe): string {
  const { steps, outputs, updates, runs, lanes, relaxed, seed } = recipe;
  const needed = neededSteps(recipe);
  const variables: string[] = [];
  const body: string[] = [];
  const feeds: string[] = [];
  const used = new Set<string>(["createRuntime"]);
  for (const t of needed) {
    const step = steps[t];
    const { shape, dtype } = leafOf(step);
    const shown = `[${(shape ?? []).toString().replaceAll(",", ", ")}]`;
    if (step.call === "variable") {
      used.add("variable");
      const type = dtype === "f32" ? "" : `, dtype: "${dtype}"`;
      variables.push(`const t${t} = variable({ name: "v${t}", shape: ${shown}${type}, data: ${dataText(step)} });`);
    } else if (step.call === "input") {
      body.push(`  const t${t} = input("x${t}", ${shown}${dtype === "f32" ? "" : `, "${dtype}"`});`);
      feeds.push(`x${t}: ${shape.length > 0 ? dataText(step) : dataText(step)}`);
    } else if (step.call === "literal") {
      used.add("literal");
      body.push(`  const t${t} = literal(Float32Array.from(${dataText(step)}), ${shown});`);
    } else {
      used.add(step.call);
      const args = step.args.map(text);
      body.push(`  const t${t} = ${calls[step.call]?.(args) ?? `${step.call}(${args.join(", ")})`};`);
    }
  }
  const out = outputs.map((t, i) => `o${i}: t${t}`).join(", ");
  const next = updates.map(([v, t]) => `[t${v}, t${t}]`).join(", ");
  return [
    `// seed ${seed}`,
    `import { ${[...used].sort().join(", ")} } from "genloom";`,
    `const runtime = await createRuntime({ threads: ${lanes}${relaxed ? "" : ", deterministic: true"} });`,
    ...variables,
    `const program = runtime.compile(({ input }) => {`,
    ...body,
    `  return { outputs: { ${out} }, updates: new Map([${next}]) };`,
    `}); // { fuse: false } is the second opinion`,
    ...runs.map(
      (times, i) =>
        `console.log(await program.run({ ${feeds.join(", ")} }, { times: ${times}${i === 0 ? ", seed: 5" : ""} }));`,
    ),
    ...updates.map(([v]) => `console.log("v${v}", (await runtime.read(t${v})).data);`),
    `await runtime.close();`,
  ].join("\n");
}
