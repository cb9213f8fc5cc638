#!/usr/bin/env node
/** The `genloom` program: see `genloom --help`. */
import { runCli } from "./cli.js";

// A reader that has seen enough (`genloom … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), process);
