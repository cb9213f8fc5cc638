/** `npm run fuzz`: draws programs and checks them until time or count is over. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { check, Runtimes } from "./check.js";
import { recipeOf } from "./generate.js";
import { codeOf } from "./print.js";
import type { Recipe } from "./recipe.js";
import { shrink } from "./shrink.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    count: { type: "string" },
    program: { type: "string" },
    builds: { type: "string", default: "simd,relaxed" },
    /** Failures after which it ends. */
    most: { type: "string", default: "1" },
    /** Seconds for making a failing program smaller. */
    shrink: { type: "string", default: "60" },
  },
});

const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const count = values.program ? 1 : Number(values.count ?? Infinity);
const until = Date.now() + 60_000 * Number(values.minutes ?? ((values.count ?? values.program) ? 1e6 : 1));
const builds = values.builds.split(",");
const most = Number(values.most);
const start = Date.now();
const runtimes = new Runtimes();
const failureOf = async (recipe: Recipe) => (await check(recipe, runtimes)).failure;
const say = (line: string) => void process.stdout.write(`${line}\n`);

let programs = 0;
let failures = 0;
let [elements, open] = [0, 0];
let told = start;
say(`fuzz: seed ${values.program ?? first}, builds ${builds.join(", ")}`);
for (let i = 0; i < count && Date.now() < until && failures < most; i++) {
  const drawn = recipeOf(values.program ? Number(values.program) : first + i);
  const build = drawn.relaxed ? "relaxed" : "simd";
  const recipe = builds.includes(build) ? drawn : { ...drawn, relaxed: builds[0] === "relaxed" };
  // Which program it was, should one hang.
  writeFileSync(new URL("seed", import.meta.url), String(recipe.seed));
  const report = await check(recipe, runtimes);
  programs++;
  elements += report.elements;
  open += report.open;
  if (report.failure) {
    failures++;
    say(`program ${programs}, seed ${recipe.seed}: ${report.failure.kind}: ${report.failure.message}`);
    const small = await shrink(recipe, report.failure, failureOf, 1000 * Number(values.shrink));
    say(`${small.failure.kind}: ${small.failure.message}\n${codeOf(small.recipe)}\n`);
  }
  if (Date.now() - told > 10_000) {
    told = Date.now();
    say(
      `${programs} programs, ${Math.round((told - start) / 1000)} s, ${failures} failures, next seed ${first + i + 1}`,
    );
  }
}
await runtimes.close();
const share = ((100 * (elements - open)) / Math.max(1, elements)).toFixed(1);
say(
  `fuzz: ${programs} programs, ${((Date.now() - start) / 1000).toFixed(1)} s, ${failures} failures, ${share}% of ${elements} elements bounded`,
);
process.exitCode = failures > 0 ? 1 : 0;
