// The tarball of `npm pack`, and its installation by npm into a folder of its own.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executeNpm, root } from "../../scripts/host.js";

/**
 * Packs a checkout's package as it is built.
 * @param {string} folder a new one, for the tarball
 * @param {string} [checkout]
 * @returns {Promise<string>} its path
 */
export async function pack(folder, checkout = root) {
  mkdirSync(folder, { recursive: true });
  await executeNpm(["pack", "--ignore-scripts", "--pack-destination", folder], { capture: true, cwd: checkout });
  return join(folder, readdirSync(folder)[0] ?? "");
}

/**
 * Installs the tarball beside the fixtures' app. npm's cache is asked first, so that no network is needed where the
 * project itself was installed.
 * @param {string} tarball
 * @param {string} folder a new one
 */
export async function install(tarball, folder) {
  cpSync(join(root, "tests/packaging/app"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await executeNpm(["install", ...quiet, tarball], { capture: true, cwd: folder });
}
