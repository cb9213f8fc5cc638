/** `genloom doctor`: the capabilities of this host, and why a feature is off. */
import type { Command } from "commander";
import type { WideInfo } from "../host/choose-engine.js";
import { binding } from "../index.js";
import { type CommandContext, terminalFor } from "./context.js";
import { type HostOptions, hostOptions, type OutputOptions, outputOptions } from "./options.js";
import { startRuntime } from "./start-runtime.js";
import { packageVersion } from "../train/package-version.js";

const wideText = (whyNot: string | undefined, wide: WideInfo | undefined): string =>
  wide
    ? `pairs of vectors run ${wide.speedup.toFixed(2)} times as fast as single ones, self-checks passed: ${wide.checks}`
    : `not used: ${whyNot ?? "it is switched off, or cannot be combined with deterministic"}`;

/** Adds the options and the action of `genloom doctor`. */
export function doctorCommand(command: Command, context: CommandContext): void {
  hostOptions(outputOptions(command));
  context.action(command, async (options: HostOptions & OutputOptions) => {
    const terminal = terminalFor(context, options);
    const runtime = await startRuntime(options);
    const { host, version, build, lanes, reasons, capabilities, wide } = runtime.info;
    // Undefined: the flag is set, or it cannot be known here.
    const whyNot = binding.mergeVectors?.(false);
    const bytes = await runtime.memory();
    await runtime.close();
    terminal.document({
      genloom: packageVersion,
      host,
      version,
      build,
      lanes,
      reasons,
      capabilities,
      wide: { flag: whyNot === undefined, ...(whyNot && { whyNot }), ...wide },
      platform: process.platform,
      architecture: process.arch,
      memory: bytes,
    });
    terminal.text(`genloom ${packageVersion} on ${host} ${version}, ${process.platform} ${process.arch}`);
    terminal.text(`kernels  ${build}`);
    terminal.text(`lanes    ${lanes}`);
    terminal.text(`wide     ${wideText(whyNot, wide)}`);
    for (const [name, has] of Object.entries(capabilities)) terminal.text(`${has ? "yes" : "no "}      ${name}`);
    for (const reason of reasons) terminal.text(`note: ${reason}`);
    if (reasons.length === 0) terminal.text("all features that genloom can use are on");
    return 0;
  });
}
