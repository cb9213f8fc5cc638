/**
 * Open MPI's functions and constants, called through the optional package `koffi` (MIT).
 *
 * MPI is a C interface in which each implementation chooses its own constants. Open MPI's are addresses of variables in its
 * library, so that they are found by name; those of MPICH and its relatives are numbers in a header file.
 */
import { optionalPackage } from "../../src/domains/optional-package.js";
import { HostError } from "../../src/errors.js";

/** What is used of koffi. Pointers are bigints; typed arrays are passed without a copy, also those in shared memory. */
interface Koffi {
  load(
    path: string,
    options: { readonly global: boolean },
  ): {
    func(name: string, result: string, parameters: readonly string[]): Call;
    symbol(name: string): bigint;
  };
}

type Call = (...values: unknown[]) => number;

const pointer = "void *";

/** Parameters of the functions; all of them return an error code, which is 0 if there is none. */
const signatures = {
  setenv: ["str", "str", "int"],
  MPI_Get_library_version: [pointer, pointer],
  MPI_Initialized: [pointer],
  MPI_Finalized: [pointer],
  MPI_Init_thread: [pointer, pointer, "int", pointer],
  MPI_Finalize: [],
  MPI_Abort: [pointer, "int"],
  MPI_Comm_rank: [pointer, pointer],
  MPI_Comm_size: [pointer, pointer],
  MPI_Comm_idup: [pointer, pointer, pointer],
  MPI_Comm_set_errhandler: [pointer, pointer],
  MPI_Error_string: ["int", pointer, pointer],
  MPI_Test: [pointer, pointer, pointer],
  MPI_Ibarrier: [pointer, pointer],
  // The first parameter may be MPI_IN_PLACE, which is no address.
  MPI_Iallreduce: ["intptr_t", pointer, "int", pointer, pointer, pointer, pointer],
  MPI_Iallgather: [pointer, "int", pointer, pointer, "int", pointer, pointer, pointer],
  MPI_Iallgatherv: [pointer, "int", pointer, pointer, pointer, pointer, pointer, pointer, pointer],
} as const;

const symbols = {
  world: "ompi_mpi_comm_world",
  float: "ompi_mpi_float",
  int: "ompi_mpi_int",
  byte: "ompi_mpi_byte",
  sum: "ompi_mpi_op_sum",
  errorsReturn: "ompi_mpi_errors_return",
} as const;

/** MPI_IN_PLACE: the values are replaced by their sums. */
export const inPlace = 1;
/** MPI_THREAD_FUNNELED: other threads of this process never call MPI. */
export const funneled = 1;

export type MpiCalls = { readonly [Name in keyof typeof signatures]: Call };
export type MpiSymbols = { readonly [Name in keyof typeof symbols]: bigint };

export interface MpiLibrary {
  readonly calls: MpiCalls;
  readonly symbols: MpiSymbols;
}

/** Names of Open MPI's library, the versioned ones first: the others come with packages for development. */
const names =
  process.platform === "darwin" ? ["libmpi.40.dylib", "libmpi.dylib"] : ["libmpi.so.40", "libmpi.so.80", "libmpi.so"];

const install = "Debian and Ubuntu: apt-get install openmpi-bin, then npm install koffi";

/** A text that a C function has written, up to its length or its first zero byte. */
export function textIn(bytes: Uint8Array, length = bytes.indexOf(0)): string {
  return new TextDecoder().decode(bytes.subarray(0, length)).trim();
}

/**
 * Loads Open MPI.
 * @param path name or path of its library; default: the system's
 * @throws HostError that names what is missing: koffi, the library, or that it is another implementation of MPI
 */
export async function loadLibrary(path: string | undefined): Promise<MpiLibrary> {
  const module = (await optionalPackage("koffi")) as (Koffi & { default?: Koffi }) | undefined;
  if (module === undefined) {
    throw new HostError("mpi: Open MPI is called through the package koffi, which is not installed", { hint: install });
  }
  const koffi = module.default ?? module;
  const refusals: string[] = [];
  for (const name of path === undefined ? names : [path]) {
    let library: ReturnType<Koffi["load"]>;
    try {
      // Open MPI's plugins look for its functions among the process's own.
      library = koffi.load(name, { global: true });
    } catch (error) {
      refusals.push(`${name}: ${(error as Error).message.replace(/^Failed to load shared library: /, "")}`);
      continue;
    }
    return bind(library, name);
  }
  throw new HostError(`mpi: the library of Open MPI could not be loaded: ${refusals[0]}`, { hint: install });
}

/** @throws HostError if the library is not Open MPI's */
function bind(library: ReturnType<Koffi["load"]>, name: string): MpiLibrary {
  const found = new Uint8Array(8192);
  try {
    library.func("MPI_Get_library_version", "int", [pointer, pointer])(found, new Int32Array(1));
  } catch (cause) {
    throw new HostError(`mpi: ${name} is not a library of MPI`, { hint: install, cause });
  }
  const version = textIn(found);
  if (!version.includes("Open MPI")) {
    throw new HostError(`mpi: ${name} must be Open MPI, found ${version.split("\n")[0].replace(/\s+/g, " ")}`, {
      hint: install,
    });
  }
  const entries = Object.entries(signatures);
  const calls = entries.map(([call, parameters]) => [call, library.func(call, "int", parameters)]);
  const addresses = Object.entries(symbols).map(([key, symbol]) => [key, library.symbol(symbol)]);
  return { calls: Object.fromEntries(calls), symbols: Object.fromEntries(addresses) };
}
