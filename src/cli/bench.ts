/** `genloom bench`: how fast this machine trains, beside its own roof and beside other libraries. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { bench } from "../bench/bench.js";
import { findTorch, type Peer } from "../bench/peer.js";
import { profileWorkload } from "../bench/profile.js";
import { profileText, reportText } from "../bench/table.js";
import { type Workload, workloads } from "../bench/workloads.js";
import { UsageError } from "../errors.js";
import { createRuntime } from "../index.js";
import { terminalFor } from "./cli.js";
import type { CommandContext } from "./commands.js";
import { type OutputOptions, outputOptions, threadList, seconds as secondsOption, whole } from "./options.js";
import type { Terminal } from "./terminal.js";

interface BenchCommandOptions extends OutputOptions {
  readonly only?: readonly string[];
  readonly profile?: string;
  readonly threads: readonly number[];
  /** Undefined: both builds. */
  readonly deterministic?: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly torch?: string;
  readonly peers: boolean;
}

/** Lane counts that are measured where the user asks for none: those of WORKLOADS.md that this machine has. */
const usualThreads = [1, 2].filter((count) => count <= availableParallelism());

export function benchCommand(command: Command, context: CommandContext): void {
  const list = workloads.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`);
  outputOptions(command)
    .option("--only <names...>", "measure these workloads only")
    .option("--profile <workload>", "show where a step's time goes instead")
    .option("--threads <list>", "lane counts, as 1,2", threadList, usualThreads)
    .option("--deterministic", "only the build without relaxed SIMD")
    .option("--no-deterministic", "only the build that this engine does best")
    .option("--rounds <n>", "turns of each, in alternation", whole(1), 3)
    .option("--seconds <n>", "length of a turn", secondsOption, 1)
    .option("--torch <path>", "torch_bench.py (../shared/peers/torch_bench.py where it is there)")
    .option("--no-peers", "measure no other library")
    .addHelpText("after", ["", "Workloads, each a whole training step:", ...list].join("\n"));
  context.action(command, async (options: BenchCommandOptions) => {
    const terminal = terminalFor(context, options);
    const onProgress = (text: string) => terminal.message(text);
    if (options.profile !== undefined) {
      await showProfile(named(options.profile), options, terminal);
      return 0;
    }
    const report = await bench({
      createRuntime,
      workloads: options.only ? options.only.map(named) : workloads,
      threads: options.threads,
      deterministic: options.deterministic === undefined ? [false, true] : [options.deterministic],
      peers: options.peers ? await findPeers(options.torch, terminal) : [],
      rounds: options.rounds,
      seconds: options.seconds,
      onProgress,
    });
    terminal.document(report);
    terminal.text(reportText(report));
    return 0;
  });
}

function named(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name);
  if (found) return found;
  throw new UsageError(`bench: no workload is named ${JSON.stringify(name)}`, {
    hint: `workloads: ${workloads.map((workload) => workload.name).join(", ")}`,
  });
}

async function findPeers(torch: string | undefined, terminal: Terminal): Promise<Peer[]> {
  const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));
  const found = await findTorch([process.cwd(), packageRoot], torch);
  if (found) return [found];
  if (torch !== undefined) {
    throw new UsageError(`bench: ${torch} does not run`, {
      hint: "--torch takes the path of torch_bench.py, and python3 needs torch",
    });
  }
  terminal.message("no peer: python3 with torch and torch_bench.py are not both here");
  return [];
}

async function showProfile(
  workload: Workload,
  { threads, deterministic = false, seconds }: BenchCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const profiles = [];
  for (const count of threads) {
    profiles.push(await profileWorkload(workload, { createRuntime, threads: count, deterministic, seconds }));
  }
  terminal.document({ profiles });
  for (const { build, threads: lanes, ms, commands } of profiles) {
    terminal.text(`${workload.name}, ${build}, ${lanes} lane${lanes === 1 ? "" : "s"}`);
    terminal.text(`${profileText(commands, ms)}\n`);
  }
}
