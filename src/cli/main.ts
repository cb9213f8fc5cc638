#!/usr/bin/env node
/** The `genloom` program: see `genloom --help`. */
import { writeError } from "../data/formats/safe-file.js";
import { runCli } from "./cli.js";
import { reportFailure } from "./failure.js";
import { Terminal } from "./terminal.js";

// A closed pipe (`genloom … | head`) is not an error. A full disk (`> file`) is a user's error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const terminal = new Terminal(process.stdout, process.stderr, process.env);
  const hint = "this output is incomplete; nothing saved before is lost";
  process.exit(
    reportFailure(writeError("standard output", error, { hint }), terminal, process.argv.includes("--debug")),
  );
});
// The error cannot be reported any more; the exit code still tells.
process.stderr.on("error", () => undefined);

process.exitCode = await runCli(process.argv.slice(2), process);
