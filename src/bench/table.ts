/** Results as tables for a terminal. */
import { isKernel, type ProfileEntry } from "../host/profile.js";
import type { BenchReport, BenchResult } from "./bench.js";
import type { PeerTiming } from "./peer.js";
import { groupEntries } from "./profile.js";
import type { TrainingResult } from "./trainings.js";
import { table } from "../report/columns.js";
import { targetLegend, targetRatio } from "./targets.js";

const fixed = (value: number, digits: number) => value.toFixed(digits);
const percent = (share: number) => `${fixed(100 * share, 0)}%`;
/** Four significant digits. */
export const msText = (ms: number) => fixed(ms, Math.max(0, 3 - Math.floor(Math.log10(Math.max(ms, 1e-4)))));

function best(timings: readonly PeerTiming[], name: string): PeerTiming | undefined {
  return timings.filter((one) => one.name === name).sort((a, b) => a.ms - b.ms)[0];
}

/** All results, then the best time of each workload against the best of each peer. */
export function reportText({ machine, roof, results, trainings, notes }: BenchReport): string {
  const { cpu, cores, node } = machine;
  const roofs = [
    [roof.wide, "fused multiply-add in 256-bit pairs"] as const,
    [roof.fma, "fused multiply-add"] as const,
    [roof.mulAdd, "multiply and add"] as const,
  ].flatMap(([rate, name]) => (rate === null ? [] : [`${fixed(rate, 1)} ${name}`]));
  const lines = [`${cpu}, ${cores} cores, Node ${node}`, `roof of one core: ${roofs.join(", ")} (GFLOP/s)`, ""];
  if (results.length > 0) lines.push(resultTable(results));
  if (results.length > 0 && trainings.length > 0) lines.push("");
  if (trainings.length > 0) lines.push(trainingTable(trainings));
  const names = [...new Set(results.flatMap(({ peers }) => peers.map(({ name }) => name)))];
  if (names.length > 0) lines.push("", ratios(results, names, cpu), targetLegend(cpu));
  for (const note of notes) lines.push("", `note: ${note}`);
  return lines.join("\n");
}

function resultTable(results: readonly BenchResult[]): string {
  return table(
    [
      ["workload", "threads", "build", "ms", "GFLOP/s", "of roof", "outside kernels"],
      ...results.map(({ workload, threads, build, ms, gflops, roofShare, overhead }) => [
        workload,
        String(threads),
        build,
        msText(ms),
        fixed(gflops, 1),
        percent(roofShare),
        `${fixed(100 * overhead, 1)}%`,
      ]),
    ],
    [0, 2],
  );
}

function trainingTable(trainings: readonly TrainingResult[]): string {
  return table(
    [
      ["processor ms per step", "threads", "build", "train()", "program", "ratio", "by the clock"],
      ...trainings.map(({ workload, threads, build, train, program, ratio, wallRatio }) => [
        workload,
        String(threads),
        build,
        msText(train.processor),
        msText(program.processor),
        `${fixed(ratio, 3)}x`,
        `${fixed(wallRatio, 3)}x`,
      ]),
    ],
    [0, 2],
  );
}

function ratios(results: readonly BenchResult[], names: readonly string[], cpu: string): string {
  const workloads = [...new Set(results.map(({ workload }) => workload))];
  const rows = workloads.map((workload) => {
    const own = results.filter((result) => result.workload === workload).sort((a, b) => a.ms - b.ms)[0];
    const cells = names.flatMap((name) => {
      const peer = best(own.peers, name);
      if (!peer) return ["-", "- "];
      const { ms, threads, variant } = peer;
      return [timeCell(ms, threads, variant), ratioCell(own.ms / ms, targetRatio(workload, peer, cpu))];
    });
    return [workload, timeCell(own.ms, own.threads, own.build.replace("-threads", "")), ...cells];
  });
  return table([["best ms (threads)", "genloom", ...names.flatMap((name) => [name, "ratio "])], ...rows]);
}

const timeCell = (ms: number, threads: number, variant?: string) =>
  `${msText(ms)} (${threads}${variant === undefined ? "" : `, ${variant}`})`;

function ratioCell(ratio: number, target: number | undefined): string {
  if (target === undefined) return `${fixed(ratio, 2)}x `;
  return `${fixed(ratio, 2)}x / ${target}${ratio > target ? "*" : " "}`;
}

/** A step's time by kind of command, then by command, the longest first. */
export function profileText(entries: readonly ProfileEntry[], ms: number): string {
  const kernels = entries.filter(isKernel);
  const sum = (of: readonly ProfileEntry[]) => of.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const [inside, all] = [sum(kernels), sum(entries)];
  const share = (milliseconds: number) => `${fixed((100 * milliseconds) / ms, 1)}%`;
  const microseconds = (milliseconds: number) => fixed(milliseconds * 1000, 2);
  return [
    `step ${msText(ms)} ms: ${kernels.length} commands ${msText(inside)} ms, outside kernels ${share(ms - inside)}`,
    "",
    table(
      [
        ["microseconds", "share", "GFLOP/s", "count", "kind"],
        ...groupEntries(entries).map(({ kind, count, milliseconds, gflops }) => [
          microseconds(milliseconds),
          share(milliseconds),
          fixed(gflops, 1),
          String(count),
          kind,
        ]),
        [
          microseconds(ms - all),
          share(ms - all),
          "-",
          "-",
          "waiting for lanes, and commands that take longer within a step",
        ],
      ],
      [4],
    ),
    "",
    table(
      [
        ["microseconds", "share", "GFLOP/s", "GB/s", "lanes", "command"],
        ...[...kernels]
          .sort((a, b) => b.milliseconds - a.milliseconds)
          .map(({ milliseconds, gflops, gigabytes, lanes, label }) => [
            microseconds(milliseconds),
            share(milliseconds),
            fixed(gflops, 1),
            fixed(gigabytes, 1),
            String(lanes),
            label,
          ]),
      ],
      [5],
    ),
  ].join("\n");
}
