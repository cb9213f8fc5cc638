/**
 * How Open MPI is made to add the values of all ranks in one order, that of src/host/reduction-order.ts, for every tensor and in every run.
 *
 * Two of Open MPI's algorithms have it. Recursive doubling sends all values in each of its log2(n) rounds: few messages.
 * Rabenseifner's halves the values in each round and then gathers the sums: twice the messages, but no more than twice the
 * values for any number of ranks (Rabenseifner, 2004). It needs as many values as it has terms; with fewer, Open MPI takes
 * another order.
 */
import type { MpiCalls } from "./library.js";

/** A value whose sum over ranks shows the order: the exponents are far apart. */
export function probe(rank: number, index: number): number {
  const mixed = Math.imul(Math.imul(rank + 1, 0x9e3779b1) ^ Math.imul(index + 7, 0x85ebca6b), 0x2c1b3c6d) >>> 0;
  return Math.fround((mixed / 2 ** 32 - 0.5) * 2 ** ((mixed >>> 5) % 12));
}

/** Ranks up to which fewer messages are worth more than fewer values. */
const few = 4;

/** Number of ranks, where mpirun or Slurm tells it before MPI is initialised. */
const announced = (env: NodeJS.ProcessEnv): number =>
  Number(env.OMPI_COMM_WORLD_SIZE ?? env.SLURM_STEP_NUM_TASKS ?? env.SLURM_NTASKS ?? 1);

/**
 * Open MPI's parameters that this binding sets, by their names.
 * @param cores that this process may use
 */
export function parametersFor(env: NodeJS.ProcessEnv, cores: number): Record<string, string> {
  const here = Number(env.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1);
  // Where mpirun gave each rank cores of its own, `cores` are those of one rank.
  const shared = here > cores && env.OMPI_MCA_orte_bound_at_launch !== "1";
  return {
    coll_libnbc_iallreduce_algorithm: announced(env) > few ? "3" : "4",
    // Plugins of some clusters, which would take over with an order of their own.
    coll_hcoll_enable: "0",
    coll_ucc_enable: "0",
    ...(shared && { mpi_yield_when_idle: "1" }),
  };
}

/** Sets the parameters; one that is already in the environment is the user's. Effective before MPI is initialised. */
export function setParameters(calls: MpiCalls, env: NodeJS.ProcessEnv, parameters: Record<string, string>): void {
  for (const [name, value] of Object.entries(parameters)) {
    // Not all hosts pass assignments to `process.env` on to C.
    if (env[`OMPI_MCA_${name}`] === undefined) calls.setenv(`OMPI_MCA_${name}`, value, 1);
  }
}
