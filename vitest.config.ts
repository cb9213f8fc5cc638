import { defineConfig } from "vitest/config";

export default defineConfig({
  // For users of Node the package is one bundle. Tests that look inside (#src/…) need its name to mean the same modules.
  resolve: {
    alias: [{ find: /^genloom$/, replacement: new URL("./dist/bindings/node.js", import.meta.url).pathname }],
  },
  test: {
    environment: "node",
    include: ["tests/**/*.test.ts"],
    // The hosts' own packages and runner: `npm run test:hosts`.
    exclude: ["tests/hosts/**"],
    pool: "forks",
    // Tests start lanes of their own; more files at a time would only fight over the processors.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 10_000,
    reporters: ["default", "./scripts/skipped-reporter.js", ["json", { outputFile: ".cache/tests.json" }]],
    // What ships is run as it ships: compiled files are left to Node, workers and all.
    server: { deps: { external: [/\/dist\/(src|bindings|assembly|kernels|node)\//] } },
  },
});
