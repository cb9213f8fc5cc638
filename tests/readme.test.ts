/** Every `js` snippet of README.md and docs/ is a program that runs. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { mpirun } from "./mpi/mpirun.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

async function snippetsOf(file: string): Promise<{ name: string; code: string }[]> {
  const text = await readFile(file, "utf8");
  return [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code], index) => ({
    name: `${file.slice(root.length)} ${index + 1}`,
    code,
  }));
}

const guides = (await readdir(`${root}/docs`))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `${root}docs/${name}`);
const snippets = (await Promise.all([`${root}README.md`, ...guides].map(snippetsOf))).flat();

describe("snippets", () => {
  test("README has some", () => expect(snippets.length).toBeGreaterThan(1));

  // Those of groups need Open MPI.
  const [ofGroups, others] = [true, false].map((mpi) =>
    snippets.filter(({ code }) => code.includes('"genloom/mpi"') === mpi),
  );
  test.each(others)("$name runs", { timeout: 120_000 }, ({ code }) => runs(code));
  test.skipIf(!mpirun).each(ofGroups)("$name runs", { timeout: 120_000 }, ({ code }) => runs(code));
});

async function runs(code: string): Promise<void> {
  // Within the package, so that "genloom" resolves to itself; run in a folder of its own.
  await mkdir(`${root}.cache`, { recursive: true });
  const folder = await mkdtemp(`${root}.cache/snippet-`);
  try {
    await writeFile(`${folder}/snippet.mjs`, code);
    await run(process.execPath, ["snippet.mjs"], { cwd: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}
