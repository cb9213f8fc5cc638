/** `genloom bench --distributed mpi`: trainings by all processes that mpirun or srun started. */
import { availableParallelism } from "node:os";
import { benchDistributed, type DistributedResult } from "../bench/distributed.js";
import { describeMachine } from "../bench/machine.js";
import { msText } from "../bench/table.js";
import { table } from "../report/columns.js";
import type { TrainingWorkload } from "../bench/trainings.js";
import type { Group } from "../host/group.js";
import { createRuntime } from "../index.js";
import type { Terminal } from "./terminal.js";

/** What a distributed benchmark takes from the command line. */
export interface DistributedBench {
  readonly group: Group;
  readonly trainings: readonly TrainingWorkload[];
  readonly threads: number;
  readonly deterministic: boolean;
  readonly rounds: number;
  readonly seconds: number;
}

/** Measures on all ranks; rank 0 prints. */
export async function showDistributed(
  { group, deterministic, ...options }: DistributedBench,
  terminal: Terminal,
): Promise<void> {
  const speaks = group.rank === 0;
  const results = await benchDistributed({
    group,
    ...options,
    // Cores that are bound to this rank are not all that the computer has.
    most: Math.max(availableParallelism(), Number(process.env.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1)),
    start: (threads) => createRuntime({ threads, deterministic, wide: false }),
    onProgress: (text) => {
      if (speaks) terminal.message(text);
    },
  });
  if (!speaks) return;
  terminal.document({ date: new Date().toISOString(), machine: describeMachine(), results });
  terminal.text(distributedTable(results));
}

function distributedTable(results: readonly DistributedResult[]): string {
  const head = [
    "training",
    "ranks",
    "lanes",
    "step ms",
    "in exchanges",
    "exchanges",
    "one rank",
    "efficiency",
    "all lanes",
  ];
  const rows = results.map((one) => [
    one.workload,
    String(one.ranks),
    String(one.threads),
    msText(one.ms),
    msText(one.exchangeMs),
    `${one.exchanges} of ${Math.round(one.values / 1000)}k`,
    msText(one.aloneMs),
    `${Math.round(100 * one.efficiency)}%`,
    one.oneRankMs === undefined ? "" : msText(one.oneRankMs),
  ]);
  const legend = [
    "step ms: of all ranks; one rank: the same batch alone, with the lanes of a rank; all lanes: alone, with those of all ranks",
    "efficiency: time of one rank over ranks x step ms",
  ];
  return [table([head, ...rows]), "", ...legend].join("\n");
}
