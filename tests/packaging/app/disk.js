// Node, Deno, Bun: the same records from a file, by genloom/files.
import { writeFile } from "node:fs/promises";
import { createRuntime, datasets, gan, layers } from "genloom";
import { loadDataset } from "genloom/files";
import { train } from "./train.js";

const { records } = datasets.ring({ count: 64, seed: 1 });
const lines = Array.from({ length: 64 }, (_, i) => `${records[2 * i]},${records[2 * i + 1]}\n`);
await writeFile("points.csv", lines.join(""));
const points = await loadDataset("points.csv");
console.log(JSON.stringify(await train({ createRuntime, datasets: { ...datasets, ring: () => points }, gan, layers })));
