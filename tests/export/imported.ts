/** A generator in JavaScript, written to a file and imported, as its user does. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { js } from "#src/export/js";
import { root } from "../../scripts/host.js";

/** The functions of `generator.js`. */
export async function imported(files: ReturnType<typeof js>) {
  await mkdir(join(root, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(root, ".cache/export-"));
  try {
    const file = join(folder, "generator.mjs");
    await writeFile(file, files["generator.js"]);
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
