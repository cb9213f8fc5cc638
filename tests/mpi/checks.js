// What is checked of a group of processes: one row each. A check gives a remark, or throws.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute, root } from "../../scripts/host.js";
import { programs } from "../hosts/programs.js";
import { faultChecks } from "./fault-checks.js";
import { reportsOf, transports } from "./mpirun.js";
import { namespaceChecks } from "./namespaces.js";
import { trainingChecks } from "./training-checks.js";

/**
 * @typedef {object} Check
 * @property {boolean} [byHand] runs only where its name is given
 * @property {() => string | undefined} [missing] what it needs and this machine lacks
 * @property {() => Promise<string>} run
 */

/** The bits of sums, by the number of ranks and the longest tensor. @type {Record<string, string>} */
const hashes = {};

/** @param {any[]} reports of the scenario `sums` @param {string} key */
function sameBits(reports, key) {
  const finished = reports.filter(({ hash }) => hash);
  const wrong = finished.flatMap((report) => report.wrong);
  if (wrong.length > 0)
    throw new Error(`sums in the order of recursive doubling, found ${wrong.slice(0, 3).join("; ")}`);
  hashes[key] ??= finished[0].hash;
  const others = finished.filter(({ hash }) => hash !== hashes[key]);
  if (others.length > 0) throw new Error(`the hash ${hashes[key]}, found ${others.map(({ hash }) => hash)}`);
  return `hash ${hashes[key]} on ${finished.length} ranks`;
}

/** @param {number} ranks @param {Parameters<typeof reportsOf>[2]} [settings] @returns {Check} */
const sums = (ranks, settings) => ({
  run: async () => sameBits(await reportsOf(ranks, ["sums"], settings), `${ranks}`),
});

/** Without the longest tensors. @param {number} ranks @param {Parameters<typeof reportsOf>[2]} [settings] @returns {Check} */
const shortSums = (ranks, settings) => ({
  run: async () => sameBits(await reportsOf(ranks, ["sums", "100000"], settings), `${ranks}, short`),
});

/** @param {number} ranks @returns {Check} */
const agree = (ranks) => ({
  run: async () => {
    const finished = (await reportsOf(ranks, ["agree"])).filter(({ wrong }) => wrong);
    const wrong = finished.flatMap((report) => report.wrong);
    if (finished.length !== ranks || wrong.length > 0) throw new Error(`the bytes of all ranks, found ${wrong}`);
    return `up to ${(ranks - 1) * 3} MB each`;
  },
});

/** A group of one rank in this Node, in a folder of its own: what the program says on stderr. @param {string} options of `mpi` */
async function withoutKoffi(options) {
  const folder = mkdtempSync(join(tmpdir(), "genloom-mpi-"));
  try {
    cpSync(join(root, "dist/node"), folder, { recursive: true });
    const source = `require("./mpi.cjs").mpi(${options}).catch((e) => console.log(e.code + " " + e.message + "; " + e.hint))`;
    return (await execute("node", process.execPath, ["--eval", source], { cwd: folder, capture: true })).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `mpi` rejects with. @param {string} options */
const rejection = async (options) => {
  const source = `import { mpi } from "genloom/mpi"; await mpi(${options}).catch((e) => console.log(e.code + " " + e.message + "; " + e.hint))`;
  const args = ["--input-type=module", "--eval", source];
  return (await execute("node", process.execPath, args, { capture: true })).trim();
};

/** @param {() => Promise<string>} run @param {RegExp} wanted @returns {Check} */
const says = (run, wanted) => ({
  run: async () => {
    const found = await run();
    if (!wanted.test(found) || found.includes("\n")) throw new Error(`a line like ${wanted}, found ${found}`);
    return found;
  },
});

/** @param {"deno" | "bun"} name @param {string[]} args @returns {Check} */
const inHost = (name, args) => ({
  missing: () => (programs[name]() ? undefined : name),
  run: async () => {
    const { program } = /** @type {{ program: string }} */ (programs[name]());
    return sameBits(await reportsOf(2, ["sums", "100000"], { node: [program, ...args] }), "2, short");
  },
});

/** @type {Record<string, Check>} */
export const checks = {
  "two ranks, shared memory": sums(2, { options: transports.memory }),
  "two ranks, TCP": sums(2, { options: transports.tcp }),
  "two ranks, short": shortSums(2),
  "two ranks in Deno": inHost("deno", ["run", "-A"]),
  "two ranks in Bun": inHost("bun", []),
  "two ranks, busy threads": { run: async () => sameBits(await reportsOf(2, ["lanes"]), "2, short") },
  "three ranks, short": shortSums(3),
  "three ranks, shared memory": { byHand: true, ...sums(3, { options: transports.memory }) },
  "three ranks, TCP": { byHand: true, ...sums(3, { options: transports.tcp }) },
  "four ranks, shared memory": sums(4, { options: transports.memory }),
  "four ranks, TCP": { byHand: true, ...sums(4, { options: transports.tcp }) },
  "five ranks, TCP": { byHand: true, ...sums(5, { options: transports.tcp }) },
  "six ranks, shared memory": { byHand: true, ...sums(6, { options: transports.memory }) },
  "eight ranks, TCP": { byHand: true, ...sums(8, { options: transports.tcp }) },
  "another order of Open MPI is refused": {
    run: async () => {
      const env = { OMPI_MCA_coll_libnbc_iallreduce_algorithm: "1" };
      const error = await reportsOf(4, ["sums", "1000"], { env }).then(
        () => "no error",
        (/** @type {Error} */ { message }) => message,
      );
      if (!error.includes("in an order that is not always the same")) throw new Error(`a refusal, found ${error}`);
      return "with coll_libnbc_iallreduce_algorithm 1 and four ranks";
    },
  },
  "byte strings, two ranks": agree(2),
  "byte strings, three ranks": agree(3),
  "turns of the event loop": {
    run: async () => {
      const [{ ticks, held, cpu }, late] = (await reportsOf(2, ["turns"])).filter(({ trap }) => trap);
      if (ticks < 40) throw new Error(`at least 40 ticks of a timer while a rank is late, found ${ticks}`);
      if (held > 200) throw new Error(`a promise after some milliseconds, found after ${held} ms`);
      if (late.trap !== "RuntimeError") throw new Error(`a RuntimeError of WebAssembly, found ${late.trap}`);
      return `${ticks} ticks, ${cpu.toFixed(2)} s of a core in 1 s`;
    },
  },
  "without koffi": says(
    () => withoutKoffi("{}"),
    /^ERR_HOST mpi: .*koffi, which is not installed; .*openmpi-bin.*koffi/,
  ),
  "without Open MPI": says(
    () => rejection('{ library: "libnothing.so" }'),
    /^ERR_HOST mpi: the library of Open MPI could not be loaded: libnothing.so: .*; .*openmpi-bin/,
  ),
  "a library that is not MPI": says(
    () => rejection('{ library: "libm.so.6" }'),
    /^ERR_HOST mpi: libm.so.6 is not a library of MPI; .*openmpi-bin/,
  ),
  ...faultChecks,
  ...namespaceChecks,
  ...trainingChecks,
  "times of exchanges": {
    byHand: true,
    run: async () => {
      const rows = [];
      for (const [name, options] of Object.entries(transports))
        for (const { rank, length, least, middle } of await reportsOf(2, ["speed"], { options }))
          if (rank === 0 && length)
            rows.push(`${name} ${length}: ${(least * 1000).toFixed(1)} us, median ${(middle * 1000).toFixed(1)}`);
      return `least of two ranks:\n  ${rows.join("\n  ")}`;
    },
  },
};
