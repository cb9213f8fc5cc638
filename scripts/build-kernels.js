// Compiles assembly/ four times, optimises with wasm-opt and leaves kernels/<build>.wasm.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";

const out = process.argv[2] ?? "dist/kernels";
const only = process.argv[3];
mkdirSync(out, { recursive: true });
for (const build of ["simd", "simd-threads", "relaxed", "relaxed-threads"]) {
  if (only && build !== only) continue;
  const file = `${out}/${build}.wasm`;
  execFileSync("node_modules/.bin/asc", ["--config", "asconfig.json", "--target", build, "--outFile", file], { stdio: "inherit" });
  execFileSync("node_modules/.bin/wasm-opt", ["-O3", "--enable-simd", "--enable-bulk-memory", "--enable-sign-ext", "--enable-mutable-globals", "--enable-nontrapping-float-to-int",
    ...(build.includes("relaxed") ? ["--enable-relaxed-simd"] : []), ...(build.includes("threads") ? ["--enable-threads"] : []), file, "-o", file], { stdio: "inherit" });
}
