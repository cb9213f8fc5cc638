// Bundlers as a user has them: Vite's two ways, webpack and esbuild, with no configuration but entry and output. Those for
// pages take a folder whose index.html loads page.js, and leave a page in its folder `dist`.
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** @param {string} folder */
export async function viteBuild(folder) {
  const { build } = await import("vite");
  await build({ root: folder, base: "./", configFile: false, logLevel: "error" });
}

/**
 * Vite's own server; what the page posts goes on to `backend`.
 * @param {string} folder
 * @param {{ backend: string, headers: Record<string, string> }} options
 */
export async function viteDev(folder, { backend, headers }) {
  const { createServer } = await import("vite");
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, headers, proxy: { "/result": { target: backend, changeOrigin: true } } },
  });
  await server.listen();
  const [address = ""] = server.resolvedUrls?.local ?? [];
  return { address, close: () => server.close() };
}

/** @param {string} folder */
export async function webpackBuild(folder) {
  const { default: webpack } = await import("webpack");
  const compiler = webpack({
    mode: "production",
    context: folder,
    entry: "./page.js",
    output: { path: join(folder, "dist"), filename: "page.js" },
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  if (stats.hasErrors()) throw new Error(stats.toString("errors-only"));
  copyFileSync(join(folder, "index.html"), join(folder, "dist/index.html"));
}

/** @param {string} folder */
export async function esbuildBuild(folder) {
  const { build } = await import("esbuild");
  await build({
    entryPoints: [join(folder, "page.js")],
    outdir: join(folder, "dist"),
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    loader: { ".wasm": "file" },
    logLevel: "error",
  });
  mkdirSync(join(folder, "dist"), { recursive: true });
  copyFileSync(join(folder, "index.html"), join(folder, "dist/index.html"));
}

/** A program for Node as one CommonJS file. @param {string} entry @param {string} output */
export async function esbuildCommonJs(entry, output) {
  const { build } = await import("esbuild");
  const options = { entryPoints: [entry], outfile: output, bundle: true, logLevel: /** @type {const} */ ("error") };
  await build({ ...options, platform: "node", format: "cjs" });
}
