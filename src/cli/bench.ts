/** `genloom bench`: how fast this machine trains, beside its own roof and beside other libraries. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { bench } from "../bench/bench.js";
import { findScripts, findTorch, peerNames } from "../bench/find-peers.js";
import type { Peer } from "../bench/peer.js";
import { profileWorkload } from "../bench/profile.js";
import { resultPath, writeResult } from "../bench/results.js";
import { type TrainingWorkload, trainings } from "../bench/trainings.js";
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
  /** true: all that are here; undefined: PyTorch where it is here. */
  readonly peers?: boolean | readonly string[];
  readonly out?: string;
}

/** Lane counts that are measured where the user asks for none: those of WORKLOADS.md that this machine has. */
const usualThreads = [1, 2].filter((count) => count <= availableParallelism());

const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));
/** Only a checkout has it: programs of the JavaScript peers. */
const peersFolder = join(packageRoot, "bench/peers");

export function benchCommand(command: Command, context: CommandContext): void {
  const list = (rows: readonly { name: string; summary: string }[]) =>
    rows.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`);
  outputOptions(command)
    .option("--only <names...>", "measure these workloads only")
    .option("--profile <workload>", "show where a step's time goes instead")
    .option("--threads <list>", "lane counts, as 1,2", threadList, usualThreads)
    .option("--deterministic", "only the build without relaxed SIMD")
    .option("--no-deterministic", "only the build that this engine does best")
    .option("--rounds <n>", "turns of each, in alternation", whole(1), 3)
    .option("--seconds <n>", "length of a turn", secondsOption, 1)
    .option("--torch <path>", "torch_bench.py (../shared/peers/torch_bench.py where it is there)")
    .option("--peers [names...]", "measure these libraries too, or all that are installed (else PyTorch where it is)")
    .option("--no-peers", "measure no other library")
    .option("--out <file>", "write the JSON document there (a checkout's whole run with --peers: bench/results/)")
    .addHelpText(
      "after",
      [
        ...["", "Workloads, each a whole training step:", ...list(workloads)],
        ...["", "Trainings, train() itself beside its step's program:", ...list(trainings)],
      ].join("\n"),
    );
  context.action(command, async (options: BenchCommandOptions) => {
    const terminal = terminalFor(context, options);
    const onProgress = (text: string) => terminal.message(text);
    if (options.profile !== undefined) {
      await showProfile(named(workloads, options.profile), options, terminal);
      return 0;
    }
    const report = await bench({
      createRuntime,
      ...chosen(options.only),
      threads: options.threads,
      deterministic: options.deterministic === undefined ? [false, true] : [options.deterministic],
      peers: await findPeers(options, terminal),
      rounds: options.rounds,
      seconds: options.seconds,
      onProgress,
    });
    terminal.document(report);
    if (options.json) terminal.message(reportText(report));
    else terminal.text(reportText(report));
    const path =
      options.out ?? (isWholeRun(options) ? resultPath(join(packageRoot, "bench/results"), report) : undefined);
    if (path !== undefined) {
      await writeResult(path, report);
      terminal.message(`written: ${path}`);
    }
    return 0;
  });
}

/** The rows of these names; all where none are given. */
function chosen(only: readonly string[] | undefined) {
  if (!only) return { workloads, trainings };
  const rows = only.map((name) => named<Workload | TrainingWorkload>([...workloads, ...trainings], name));
  return {
    workloads: rows.filter((row): row is Workload => "compile" in row),
    trainings: rows.filter((row): row is TrainingWorkload => "train" in row),
  };
}

function named<Row extends { readonly name: string }>(rows: readonly Row[], name: string): Row {
  const found = rows.find((row) => row.name === name);
  if (found) return found;
  throw new UsageError(`bench: no workload is named ${JSON.stringify(name)}`, {
    hint: `workloads: ${rows.map((row) => row.name).join(", ")}`,
  });
}

/** A checkout keeps what was measured of everything beside everything. */
const isWholeRun = ({ peers, only }: BenchCommandOptions) =>
  peers !== undefined && peers !== false && only === undefined && existsSync(peersFolder);

async function findPeers({ peers = ["pytorch"], torch }: BenchCommandOptions, terminal: Terminal): Promise<Peer[]> {
  if (peers === false) return [];
  const wanted = peers === true ? peerNames : peers;
  const strange = wanted.find((name) => !peerNames.includes(name));
  if (strange !== undefined) {
    throw new UsageError(`bench: no peer is named ${JSON.stringify(strange)}`, {
      hint: `peers: ${peerNames.join(", ")}`,
    });
  }
  const found = wanted.includes("pytorch") ? await findTorch([process.cwd(), packageRoot], torch) : undefined;
  if (torch !== undefined && !found) {
    throw new UsageError(`bench: ${torch} does not run`, {
      hint: "--torch takes the path of torch_bench.py, and python3 needs torch",
    });
  }
  const here = [...(found ? [found] : []), ...findScripts(peersFolder)].filter(({ name }) => wanted.includes(name));
  for (const name of wanted.filter((one) => here.every((peer) => peer.name !== one))) {
    terminal.message(`no ${name} here: ${missing(name)}`);
  }
  return here;
}

const missing = (name: string) =>
  name === "pytorch"
    ? "it takes python3 with torch, and torch_bench.py"
    : "it takes a checkout, and npm ci --ignore-scripts in bench/peers";

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
