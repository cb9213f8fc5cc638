// Where the hosts' programs are: npm packages of tests/hosts (their binaries, without install scripts) and Debian's.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../../scripts/host.js";

const { platform, arch } = process;

/** Folder of one of the npm packages of tests/hosts, where it is installed. @param {string} name */
export function packageFolder(name) {
  const folder = join(root, "tests/hosts/node_modules", name);
  return existsSync(join(folder, "package.json")) ? folder : undefined;
}

/** @param {string} name @param {string} path within the package */
function inPackage(name, path) {
  const folder = packageFolder(name);
  if (!folder || !existsSync(join(folder, path))) return undefined;
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { program: join(folder, path), version };
}

/** @param {string[]} names */
function onPath(...names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  return found ? { program: found } : undefined;
}

/** Whether this machine's processor has the 256-bit vectors that V8 can merge into, as far as that is known. */
export function hasAvx2() {
  const cpu = "/proc/cpuinfo";
  return arch === "x64" && (!existsSync(cpu) || /\bavx2\b/.test(readFileSync(cpu, "utf8")));
}

const exe = platform === "win32" ? ".exe" : "";

export const programs = {
  node: () =>
    inPackage(
      platform === "darwin" ? `node-bin-darwin-${arch}` : `node-${platform === "win32" ? "win" : platform}-${arch}`,
      `bin/node${exe}`,
    ),
  deno: () => inPackage(`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`, `deno${exe}`),
  bun: () =>
    inPackage(
      `@oven/bun-${platform === "win32" ? "windows" : platform}-${arch === "arm64" ? "aarch64" : arch}`,
      `bin/bun${exe}`,
    ),
  workerd: () =>
    inPackage(
      `@cloudflare/workerd-${platform === "win32" ? "windows" : platform}-${arch === "x64" ? "64" : arch}`,
      `bin/workerd${exe}`,
    ),
  chromium: () => onPath("chromium", "chromium-browser", "google-chrome"),
  firefox: () => onPath("firefox-esr", "firefox"),
  webkit: () => {
    const folders = ["x86_64", "aarch64"].flatMap((cpu) =>
      ["4.1", "4.0", "6.0"].map((version) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-${version}/MiniBrowser`),
    );
    const program = folders.find((path) => existsSync(path));
    return program ? { program } : undefined;
  },
  xvfb: () => onPath("xvfb-run"),
};
