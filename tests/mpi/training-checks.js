// Trainings by ranks: one hash in every repetition, for any number of lanes and over every transport; runs that go on with other
// numbers of ranks; ranks that do not train the same, and ranks that are lost.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { programs } from "../hosts/programs.js";
import { alive, reportsOf, startRanks, transports } from "./mpirun.js";
import { between, needsRoot } from "./namespaces.js";

/** @typedef {import("./checks.js").Check} Check */

const program = join(root, "tests/mpi/train.js");
const command = join(root, "dist/src/cli/main.js");

/** Seconds that ranks wait for one another where one is lost. */
const timeout = 2;

/** @type {Record<number, string>} */
const hashes = {};

/** @param {number} ranks @param {object} options @param {Parameters<typeof reportsOf>[2]} [settings] @returns {Check} */
const trains = (ranks, options, settings) => ({
  run: async () => {
    const reports = await reportsOf(ranks, [JSON.stringify(options)], { program, ...settings });
    const found = reports.flatMap(({ hash }) => hash ?? []);
    hashes[ranks] ??= found[0];
    if (found.length !== ranks || found.some((hash) => hash !== hashes[ranks]))
      throw new Error(`the hash ${hashes[ranks]} on ${ranks} ranks, found ${found}`);
    return `hash ${hashes[ranks]} on ${ranks} ranks`;
  },
});

const errorsIn = (/** @type {string} */ text) => text.split("\n").filter((line) => line.startsWith("error: "));

/**
 * The last of two ranks trains something else: both say so, with exit code 2.
 * @param {object} other @param {RegExp} wanted @param {string[]} [last] program of the last rank
 * @returns {Check}
 */
const differs = (other, wanted, last = [process.execPath, program]) => ({
  run: async () => {
    const others = ["-np", "1", ...last, JSON.stringify(other)];
    const ranks = startRanks(1, ["{}"], { program, others });
    try {
      const { code, errors, seconds } = await ranks.ended();
      const said = errorsIn(errors);
      if (code !== 2 || said.length === 0 || !said.every((line) => wanted.test(line)))
        throw new Error(`exit code 2 and a line like ${wanted}, found ${code}: ${errors}`);
      return `exit code 2 after ${seconds.toFixed(1)} s with the start; ${said[0]}`;
    } finally {
      await ranks.stop();
    }
  },
});

/**
 * The last rank is lost after step 10 of a training.
 * @param {string} deed @param {number} wantedCode @param {RegExp} wanted a line of each other rank
 * @param {number} [count] of ranks
 * @returns {Check}
 */
const lost = (deed, wantedCode, wanted, count = 2) => ({
  run: async () => {
    const ranks = startRanks(count, [JSON.stringify({ steps: 1e6, timeout }), deed], { program });
    try {
      await ranks.until(({ reached }) => reached === 10, count);
      const began = performance.now();
      const { code, errors } = await ranks.ended();
      const seconds = (performance.now() - began) / 1000;
      const said = errorsIn(errors).filter((line) => wanted.test(line));
      if (code !== wantedCode || said.length === 0)
        throw new Error(`exit code ${wantedCode} and a line like ${wanted}, found ${code}: ${errors}`);
      const end = performance.now() + 2000;
      while (ranks.pids.some(alive)) {
        if (performance.now() > end) throw new Error(`no process left, found ${ranks.pids.filter(alive)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return `exit code ${code} after ${seconds.toFixed(1)} s; ${said[0]}`;
    } finally {
      await ranks.stop();
    }
  },
});

const waited =
  /^error: rank \d of \d waited \d(\.\d)? s in (the gradient of [\w/]+|\w+|the .*) of step \d+(, then it was told to end)?$|^error: rank \d of \d waited \d(\.\d)? s in the agreement on the next steps/;

/** genloom on some ranks, in a folder; the document that rank 0 prints. @param {number} ranks @param {string[]} args @param {string} folder */
async function genloom(ranks, args, folder) {
  const given = ["train", ...args, "--distributed", "mpi", "--threads", "1", "--json", "--quiet"];
  const running = startRanks(ranks, given, { program: command, options: ["-wdir", folder] });
  try {
    const { code, errors } = await running.ended();
    return { code, errors, document: running.output.includes("{") ? JSON.parse(running.output) : undefined };
  } finally {
    await running.stop();
  }
}

/** @param {(folder: string) => Promise<string>} task @returns {Check} */
const inFolder = (task) => ({
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), "genloom-ranks-"));
    try {
      return await task(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

const small = ["gan", "--preset", "ring", "--count", "500", "--batch", "16", "--save-every", "10"];

/** The weights of a run's last checkpoint. @param {string} run @param {number} step */
function weights(run, step) {
  const bytes = readFileSync(join(run, `checkpoints/step-${String(step).padStart(8, "0")}.safetensors`));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  return new Map(
    Object.entries(header).flatMap(([name, { dtype, data_offsets: [from, to] = [0, 0] }]) =>
      dtype === "F32"
        ? [
            [
              name,
              new Float32Array(
                bytes.buffer.slice(bytes.byteOffset + 8 + length + from, bytes.byteOffset + 8 + length + to),
              ),
            ],
          ]
        : [],
    ),
  );
}

/** @param {ReturnType<typeof weights>} a @param {ReturnType<typeof weights>} b */
function distance(a, b) {
  let [difference, norm] = [0, 0];
  for (const [name, values] of a)
    values.forEach((value, i) => {
      difference += (value - /** @type {Float32Array} */ (b.get(name))[i]) ** 2;
      norm += value ** 2;
    });
  return Math.sqrt(difference / norm);
}

/**
 * A run that stops in the middle and goes on with other numbers of ranks, beside one that does not stop.
 * @param {number} ranks @param {readonly number[]} others
 * @returns {Check}
 */
const goesOn = (ranks, others) =>
  inFolder(async (folder) => {
    const [whole, run] = [join(folder, "whole"), join(folder, "run")];
    const first = await genloom(ranks, [...small, "--steps", "40", "--out", whole], folder);
    await genloom(ranks, [...small, "--steps", "40", "--stop-at", "20", "--out", run], folder);
    const said = [];
    for (const other of others) {
      const copy = join(folder, `on-${other}`);
      cpSync(run, copy, { recursive: true });
      const { code, errors, document } = await genloom(other, ["--resume", copy, "--steps", "40"], folder);
      if (code !== 0) throw new Error(`exit code 0, found ${code}: ${errors}`);
      const away = distance(weights(whole, 40), weights(copy, 40));
      if (other === ranks && document.weightHash !== first.document.weightHash)
        throw new Error(`the hash ${first.document.weightHash}, found ${document.weightHash}`);
      if (away > 1e-3) throw new Error(`weights within 1e-3, found ${away} on ${other} ranks`);
      said.push(`${other}: ${other === ranks ? "the same bits" : away.toExponential(1)}`);
    }
    return said.join(", ");
  });

const node26 = /** @type {{ program?: string } | undefined} */ (programs.node?.())?.program;

/** @type {Record<string, Check>} */
export const trainingChecks = {
  "two ranks train, shared memory": trains(2, {}, { options: transports.memory }),
  "two ranks train, again, two lanes": trains(2, { threads: 2 }),
  "two ranks train, TCP": trains(2, {}, { options: transports.tcp }),
  "two ranks train, network namespaces": {
    byHand: true,
    missing: needsRoot,
    run: () => between((settings) => trains(2, {}, settings).run()),
  },
  "four ranks train": { byHand: true, ...trains(4, {}) },
  "four ranks train, TCP, two lanes": { byHand: true, ...trains(4, { threads: 2 }, { options: transports.tcp }) },
  "a run goes on, 2 -> 2, 2 -> 4": goesOn(2, [2, 4]),
  "a run goes on, 4 -> 1, 4 -> 4": { byHand: true, ...goesOn(4, [1, 4]) },
  "Ctrl-C saves once, on all ranks": inFolder(async (folder) => {
    const run = join(folder, "run");
    const log = join(run, "metrics.jsonl");
    const args = ["train", ...small, "--steps", "200000", "--out", run, "--distributed", "mpi", "--threads", "1"];
    // Time for the checkpoint, on a machine that others use.
    const options = ["--mca", "odls_base_sigkill_timeout", "4"];
    const ranks = startRanks(2, [...args, "--save-every", "100000"], { program: command, options });
    try {
      for (const end = performance.now() + 20_000; !existsSync(log) || readFileSync(log).length === 0; ) {
        if (performance.now() > end) throw new Error(`metrics of a chunk, found none: ${ranks.errors}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const began = performance.now();
      ranks.signal("SIGINT");
      const { code, errors } = await ranks.ended();
      const seconds = (performance.now() - began) / 1000;
      const saved = readdirSync(join(run, "checkpoints")).filter((name) => !name.includes("00000000"));
      const saying = errors.split("\n").filter((line) => line.startsWith("saving"));
      if (saved.length !== 1 || errorsIn(errors).length > 0)
        throw new Error(`one checkpoint and no error, found ${saved} after ${seconds} s: ${errors}`);
      return `${saved[0]}, "${saying[0]}", mpirun's exit code ${code} after ${seconds.toFixed(1)} s`;
    } finally {
      await ranks.stop();
    }
  }),
  "a training that --patience ends": {
    byHand: true,
    ...inFolder(async (folder) => {
      const often = ["--eval-every", "20", "--eval-samples", "100", "--eval-metrics", "fid", "--held-out", "100"];
      const given = [...small, ...often, "--patience", "1", "--steps", "2000", "--out", join(folder, "run")];
      const { code, errors, document } = await genloom(2, given, folder);
      if (code !== 0 || document?.stoppedEarly !== true)
        throw new Error(`exit code 0 of a training that ended early, found ${code}: ${errors}`);
      return `exit code 0 at step ${document.steps}`;
    }),
  },
  "rank 0 alone fails before the first step": inFolder(async (folder) => {
    const given = [...small, "--steps", "20", "--out", join(folder, "run")];
    const judged = ["--eval-every", "20", "--eval-metrics", "fid", "--eval-features", "classifier"];
    const { code, errors } = await genloom(2, [...given, ...judged], folder);
    const said = errorsIn(errors);
    if (code !== 2 || said.length !== 1 || !/must have labelled images/.test(said[0]))
      throw new Error(`exit code 2 and one line, found ${code}: ${errors}`);
    return `exit code 2; ${said[0]}`;
  }),
  "several processes without --distributed": inFolder(async (folder) => {
    const running = startRanks(2, ["train", ...small, "--steps", "1"], {
      program: command,
      options: ["-wdir", folder],
    });
    try {
      const { code, errors } = await running.ended();
      const wanted = "error: train: 2 processes must not do the same work without --distributed mpi";
      if (code !== 2 || !errors.includes(wanted))
        throw new Error(`exit code 2 and ${wanted}, found ${code}: ${errors}`);
      return `exit code 2; ${errorsIn(errors)[0]}`;
    } finally {
      await running.stop();
    }
  }),
  "other data on a rank": differs(
    { data: 1 },
    /found other data: ring of 500 records, \w+ on rank 0, ring .* on rank 1/,
  ),
  "another batch on a rank": differs({ batchSize: 32 }, /found other batch size: 16 on rank 0, 32 on rank 1/),
  "another seed on a rank": differs({ seed: 4 }, /found other seed: 3 on rank 0, 4 on rank 1/),
  "another build on a rank": {
    missing: () => (node26 ? undefined : "Node with relaxed SIMD (npm ci in tests/hosts)"),
    ...differs({}, /found other build of the kernels: simd on rank 0, relaxed on rank 1/, [node26 ?? "", program]),
  },
  "another version on a rank": inFolder(async () => {
    const copy = mkdtempSync(join(root, ".cache/version-"));
    try {
      cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true });
      cpSync(join(root, "package.json"), join(copy, "package.json"));
      const file = join(copy, "dist/node/package-version.cjs");
      writeFileSync(file, readFileSync(file, "utf8").replace(/"\d+\.\d+\.\d+"/, '"0.0.9"'));
      cpSync(program, join(copy, "train.js"));
      const last = [process.execPath, join(copy, "train.js")];
      return await differs({}, /found other version of genloom: \S+ on rank 0, 0.0.9 on rank 1/, last).run();
    } finally {
      rmSync(copy, { recursive: true });
    }
  }),
  "a training rank is killed": lost("kill", 137, waited),
  "a training rank hangs": lost("hang", 75, waited),
  "a training rank throws": lost("throw", 75, /^error: .*a fault of this rank|waited/),
  "a training rank is stopped": lost("stop", 75, waited),
  "one of four training ranks is killed": { byHand: true, ...lost("kill", 137, waited, 4) },
  "one of four training ranks hangs": { byHand: true, ...lost("hang", 75, waited, 4) },
};
