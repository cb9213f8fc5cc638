/** `genloom bench`: training speed on this computer, compared with its multiply-add roof and with other libraries. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import { bench } from "../bench/bench.js";
import type { BenchBuild } from "../bench/builds.js";
import { findScripts, findTorch, peerNames } from "../bench/find-peers.js";
import type { Peer } from "../bench/peer.js";
import { profileWorkload } from "../bench/profile.js";
import { resultPath, writeResult } from "../bench/results.js";
import { type TrainingWorkload, trainings } from "../bench/trainings.js";
import { profileText, reportText } from "../bench/table.js";
import { type Workload, workloads } from "../bench/workloads.js";
import { UsageError } from "../errors.js";
import { createRuntime } from "../index.js";
import { type CommandContext, terminalFor } from "./context.js";
import { showDistributed } from "./bench-distributed.js";
import { groupFlags, inGroup, joinGroup } from "./distributed.js";
import {
  type DistributedFlags,
  type OutputOptions,
  outputOptions,
  threadList,
  seconds as secondsOption,
  whole,
} from "./options.js";
import type { Terminal } from "./terminal.js";

interface BenchCommandOptions extends OutputOptions, DistributedFlags {
  readonly only?: readonly string[];
  readonly profile?: string;
  readonly threads: readonly number[];
  readonly wide: WideChoice;
  /** Undefined: with and without relaxed SIMD. */
  readonly deterministic?: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly torch?: string;
  /** true: all available; undefined: PyTorch if available. */
  readonly peers?: boolean | readonly string[];
  readonly out?: string;
}

/** auto: with the other builds; on: alone; off: not. */
type WideChoice = "auto" | "on" | "off";

/** Default lane counts: those of WORKLOADS.md that this computer has. */
const usualThreads = [1, 2].filter((count) => count <= availableParallelism());

const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));
/** Programs of the JavaScript peers; only a checkout has them. */
const peersFolder = join(packageRoot, "bench/peers");

/** Adds the options and the action of `genloom bench`. */
export function benchCommand(command: Command, context: CommandContext): void {
  const list = (rows: readonly { name: string; summary: string }[]) =>
    rows.map(({ name, summary }) => `  ${name.padEnd(20)} ${summary}`);
  groupFlags(outputOptions(command))
    .option("--only <names...>", "measure these workloads only")
    .option("--profile <workload>", "show where the time of a step goes instead")
    .option("--threads <list>", "lane counts such as 1,2", threadList, usualThreads)
    .addOption(
      new Option("--wide <when>", "the build in 256-bit operations: beside the others, alone or not at all")
        .choices(["auto", "on", "off"] satisfies WideChoice[])
        .default("auto"),
    )
    .option("--deterministic", "only the build without relaxed SIMD")
    .option("--no-deterministic", "only the fastest build for this engine")
    .option("--rounds <n>", "measurements of each, in alternation", whole(1), 3)
    .option("--seconds <n>", "length of a measurement", secondsOption, 1)
    .option("--torch <path>", "torch_bench.py (default: ../shared/peers/torch_bench.py if it exists)")
    .option(
      "--peers [names...]",
      "measure these libraries too, or all that are installed (default: PyTorch if installed)",
    )
    .option("--no-peers", "measure no other library")
    .option(
      "--out <file>",
      "write the JSON document to this file (default in a checkout, with --peers and all workloads: bench/results/)",
    )
    .addHelpText(
      "after",
      [
        ...["", "Workloads, each a whole training step:", ...list(workloads)],
        ...["", "Trainings, train() itself compared with its step's program:", ...list(trainings)],
      ].join("\n"),
    );
  context.action(command, async (options: BenchCommandOptions) => {
    const terminal = terminalFor(context, options);
    const onProgress = (text: string) => terminal.message(text);
    const group = await joinGroup("bench", options, process.env);
    if (group) {
      return inGroup(group, async () => {
        const { rounds, seconds, deterministic = false } = options;
        const how = { threads: Math.min(...options.threads), deterministic, rounds, seconds };
        await showDistributed({ group, trainings: trainingsNamed(options.only), ...how }, terminal);
        return 0;
      });
    }
    if (options.profile !== undefined) {
      await showProfile(named(workloads, options.profile), options, terminal);
      return 0;
    }
    const report = await bench({
      createRuntime,
      ...chosen(options.only),
      threads: options.threads,
      builds: buildsOf(options),
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

/** The builds to measure, the fastest first. Where `wide` is refused, another is measured in its place. */
function buildsOf({ wide, deterministic }: BenchCommandOptions): readonly BenchBuild[] {
  if (deterministic) {
    if (wide !== "on") return ["simd"];
    throw new UsageError("bench: --deterministic excludes --wide on", { hint: "give one of the two" });
  }
  if (wide === "on") return ["wide"];
  const fast: readonly BenchBuild[] = wide === "auto" ? ["wide", "relaxed"] : ["relaxed"];
  return deterministic === false ? fast.slice(0, 1) : [...fast, "simd"];
}

/** The workloads and trainings with these names; all if no names are given. */
function chosen(only: readonly string[] | undefined) {
  if (!only) return { workloads, trainings };
  const rows = only.map((name) => named<Workload | TrainingWorkload>([...workloads, ...trainings], name));
  return {
    workloads: rows.filter((row): row is Workload => "compile" in row),
    trainings: rows.filter((row): row is TrainingWorkload => "train" in row),
  };
}

/** The trainings with these names; all if no names are given. Ranks time nothing else. */
const trainingsNamed = (only: readonly string[] | undefined): readonly TrainingWorkload[] =>
  only ? only.map((name) => named(trainings, name)) : trainings;

function named<Row extends { readonly name: string }>(rows: readonly Row[], name: string): Row {
  const found = rows.find((row) => row.name === name);
  if (found) return found;
  throw new UsageError(`bench: no workload is named ${JSON.stringify(name)}`, {
    hint: `workloads: ${rows.map((row) => row.name).join(", ")}`,
  });
}

/** A checkout stores the results of a whole run: all workloads, with peers. */
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
      hint: "--torch needs the path of torch_bench.py, and python3 needs torch",
    });
  }
  const here = [...(found ? [found] : []), ...findScripts(peersFolder)].filter(({ name }) => wanted.includes(name));
  for (const name of wanted.filter((one) => here.every((peer) => peer.name !== one))) {
    terminal.message(`${name} is not available: ${missing(name)}`);
  }
  return here;
}

const missing = (name: string) =>
  name === "pytorch"
    ? "it needs python3 with torch, and torch_bench.py"
    : "it needs a checkout, and npm ci --ignore-scripts in bench/peers";

async function showProfile(workload: Workload, options: BenchCommandOptions, terminal: Terminal): Promise<void> {
  const { threads, seconds } = options;
  const [build] = buildsOf(options);
  const profiles = [];
  for (const count of threads) {
    profiles.push(await profileWorkload(workload, { createRuntime, threads: count, build, seconds }));
  }
  terminal.document({ profiles });
  for (const { build, threads: lanes, ms, commands } of profiles) {
    terminal.text(`${workload.name}, ${build}, ${lanes} lane${lanes === 1 ? "" : "s"}`);
    terminal.text(`${profileText(commands, ms)}\n`);
  }
}
