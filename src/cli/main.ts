#!/usr/bin/env node
/** The `genloom` program: see `genloom --help`. */
import { writeError } from "../data/formats/safe-file.js";
import { runCli } from "./cli.js";
import { reportFailure } from "./failure.js";
import { Terminal } from "./terminal.js";

// A reader that has seen enough (`genloom … | head`) is no error. A disk that is full under `> file` is one of the user's.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  const terminal = new Terminal(process.stdout, process.stderr, process.env);
  const hint = "what was to be written there is lost; nothing saved before is";
  process.exit(
    reportFailure(writeError("standard output", error, { hint }), terminal, process.argv.includes("--debug")),
  );
});
// There is nowhere left to complain: the exit code still tells.
process.stderr.on("error", () => undefined);

process.exitCode = await runCli(process.argv.slice(2), process);
