/**
 * Open MPI: a group whose ranks are the processes that mpirun or Slurm started. For Node, Deno and Bun, with the optional
 * package `koffi`.
 */
import { availableParallelism } from "node:os";
import { isMainThread } from "node:worker_threads";
import { HostError } from "../src/errors.js";
import type { Group } from "../src/host/group.js";
import { checkNumber, checkOptions } from "../src/options.js";
import { MpiGroup } from "./mpi/group.js";
import { funneled, loadLibrary, type MpiLibrary } from "./mpi/library.js";
import { parametersFor, setParameters } from "./mpi/order.js";
import { Waiting } from "./mpi/wait.js";

export type { Group } from "../src/host/group.js";

export interface MpiOptions {
  /** Seconds that a rank waits for another one before it gives up; default 60. */
  readonly timeout?: number;
  /** Name or path of Open MPI's library; default: the system's. */
  readonly library?: string;
}

/**
 * Joins the group of all ranks that mpirun or Slurm started; without them, a group of one. Every rank must call it.
 *
 * Sums have the same bits in every run, over every transport and in every split of tensors: they are added in the order of
 * recursive doubling. Unless the user has set them, Open MPI's parameters are set accordingly.
 * @throws UsageError, RangeError for an option outside of its range; HostError if koffi or Open MPI is missing;
 * RankLostError if another rank does not come (as rejections)
 */
export async function mpi(options: MpiOptions = {}): Promise<Group> {
  checkOptions("mpi", options, ["timeout", "library"]);
  const timeout = checkNumber("mpi", "timeout", options.timeout ?? 60, { above: 0 });
  if (!isMainThread) throw new HostError("mpi: must be called on the main thread, found a worker");
  const library = await loadLibrary(options.library);
  // Before Open MPI sets variables of its own.
  const byMpirun = process.env.OMPI_COMM_WORLD_SIZE !== undefined;
  const initialised = enter(library);
  const { calls, symbols } = library;
  const number = new Int32Array(1);
  calls.MPI_Comm_rank(symbols.world, number);
  const rank = number[0];
  calls.MPI_Comm_size(symbols.world, number);
  const size = number[0];
  const waiting = new Waiting(library, `rank ${rank} of ${size}`, timeout);
  const stopListening = byMpirun ? listen(waiting) : () => undefined;
  const communicator = await ownCommunicator(library, waiting);
  const leave = () => {
    stopListening();
    if (initialised) calls.MPI_Finalize();
  };
  const group = new MpiGroup({ library, communicator, rank, size, waiting, leave });
  await group.checkOrder();
  return group;
}

/** Initialises MPI, and returns whether that had not been done by others. */
function enter({ calls }: MpiLibrary): boolean {
  const flag = new Int32Array(1);
  calls.MPI_Finalized(flag);
  if (flag[0] !== 0) {
    throw new HostError("mpi: this process has left MPI, which it can enter but once", { code: "ERR_CLOSED" });
  }
  calls.MPI_Initialized(flag);
  if (flag[0] !== 0) return false;
  setParameters(calls, process.env, parametersFor(process.env, availableParallelism()));
  const code = calls.MPI_Init_thread(null, null, funneled, flag);
  if (code !== 0) throw new HostError(`mpi: Open MPI could not be initialised: error ${code}`);
  return true;
}

/** A communicator whose messages meet no others, and whose errors are returned: by default they end the process. */
async function ownCommunicator({ calls, symbols }: MpiLibrary, waiting: Waiting): Promise<bigint> {
  const what = "the start of all ranks";
  const made = new BigUint64Array(1);
  waiting.check(calls.MPI_Comm_set_errhandler(symbols.world, symbols.errorsReturn), what);
  waiting.check(calls.MPI_Comm_idup(symbols.world, made, waiting.request), what);
  await waiting.complete(what, [made]);
  waiting.check(calls.MPI_Comm_set_errhandler(made[0], symbols.errorsReturn), what);
  return made[0];
}

/**
 * Listens for mpirun's way to end ranks because one was lost, or because of Ctrl-C: SIGCONT, after a second SIGTERM, and after
 * another one SIGKILL. An exchange with a rank that was lost would not notice before.
 */
function listen(waiting: Waiting): () => void {
  let continued = false;
  const onContinue = () => {
    continued = true;
  };
  const onTerminate = () => {
    if (continued) waiting.end();
    if ((continued && waiting.pending) || process.listenerCount("SIGTERM") > 1) return;
    // As if nobody had listened.
    process.off("SIGTERM", onTerminate);
    process.kill(process.pid, "SIGTERM");
  };
  process.on("SIGCONT", onContinue);
  process.on("SIGTERM", onTerminate);
  return () => {
    process.off("SIGCONT", onContinue);
    process.off("SIGTERM", onTerminate);
  };
}
