// Bundles what browsers load without a bundler of their own: the worker's script, the same as text, and the whole
// package as one module. The kernels stay where they are, in dist/kernels.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./host.js";

export const browserFiles = ["worker.js", "worker-text.js", "genloom.js"].map((name) => `dist/browser/${name}`);

/**
 * @param {string} input path from the root
 * @param {string} output path from the root
 */
async function bundle(input, output) {
  const { rolldown } = await import("rolldown");
  const made = await rolldown({
    input: join(root, input),
    platform: "browser",
    external: /\/(kernels|browser)\/[a-z-]+\.js$/,
  });
  await made.write({ file: join(root, output), format: "esm", minify: true, codeSplitting: false });
  await made.close();
}

/** From the compiled TypeScript in dist. */
export async function buildBrowser() {
  mkdirSync(join(root, "dist/browser"), { recursive: true });
  await bundle("dist/bindings/worker.js", "dist/browser/worker.js");
  const source = readFileSync(join(root, "dist/browser/worker.js"), "utf8");
  writeFileSync(join(root, "dist/browser/worker-text.js"), `export const source = ${JSON.stringify(source)};\n`);
  await bundle("dist/bindings/browser.js", "dist/browser/genloom.js");
}
