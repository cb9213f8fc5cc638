/** `genloom doctor`: the capabilities of this host, and why a feature is off. */
import type { Command } from "commander";
import { createRuntime } from "../index.js";
import { type CommandContext, terminalFor } from "./context.js";
import { type HostOptions, hostOptions, type OutputOptions, outputOptions } from "./options.js";
import { packageVersion } from "./version.js";

/** Adds the options and the action of `genloom doctor`. */
export function doctorCommand(command: Command, context: CommandContext): void {
  hostOptions(outputOptions(command));
  context.action(command, async (options: HostOptions & OutputOptions) => {
    const terminal = terminalFor(context, options);
    const runtime = await createRuntime({ threads: options.threads, deterministic: options.deterministic ?? false });
    const { host, version, build, lanes, reasons, capabilities } = runtime.info;
    const bytes = await runtime.memory();
    await runtime.close();
    terminal.document({
      genloom: packageVersion(),
      host,
      version,
      build,
      lanes,
      reasons,
      capabilities,
      platform: process.platform,
      architecture: process.arch,
      memory: bytes,
    });
    terminal.text(`genloom ${packageVersion()} on ${host} ${version}, ${process.platform} ${process.arch}`);
    terminal.text(`kernels  ${build}`);
    terminal.text(`lanes    ${lanes}`);
    for (const [name, has] of Object.entries(capabilities)) terminal.text(`${has ? "yes" : "no "}      ${name}`);
    for (const reason of reasons) terminal.text(`note: ${reason}`);
    if (reasons.length === 0) terminal.text("all features that genloom can use are on");
    return 0;
  });
}
