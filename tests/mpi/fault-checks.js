// A rank is lost: what the others say and after how long, mpirun's exit code, and that no process is left.
import { alive, startRanks } from "./mpirun.js";

/** @typedef {import("./checks.js").Check} Check */

/** Seconds that ranks wait for one another here. */
const timeout = 2;

/** What ranks say. */
export const linesOf = (/** @type {string} */ text) => text.split("\n").filter((line) => line.startsWith("error: "));

/** Throws if one of the processes is there after two seconds. @param {number[]} pids */
export async function allGone(pids) {
  const end = performance.now() + 2000;
  while (pids.some(alive)) {
    if (performance.now() > end) throw new Error(`no process left, found ${pids.filter(alive)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * The last rank does a deed at step 5.
 * @param {string} deed
 * @param {{ ranks?: number, code: number, says?: RegExp, others?: number }} wanted `says`: a line of a rank, `others`: how many say it
 * @returns {Check}
 */
const fault = (deed, { ranks: count = 2, code: wantedCode, says, others = count - 1 }) => ({
  run: async () => {
    const ranks = startRanks(count, ["fault", deed], { timeout });
    try {
      await ranks.until(({ reached }) => reached === 5, count);
      const began = performance.now();
      const { code, errors } = await ranks.ended();
      const seconds = (performance.now() - began) / 1000;
      await allGone(ranks.pids);
      if (ranks.pids.length !== count) throw new Error(`${count} ranks, found ${ranks.pids}`);
      if (code !== wantedCode) throw new Error(`exit code ${wantedCode}, found ${code}: ${errors}`);
      if (seconds > timeout + 6) throw new Error(`an end within ${timeout + 6} s, found ${seconds}`);
      const said = linesOf(errors);
      if (says && (said.length < others || new Set(said).size < said.length || !said.every((line) => says.test(line))))
        throw new Error(`a line like ${says} of ${others} ranks, found ${errors}`);
      return `exit code ${code} after ${seconds.toFixed(1)} s${said[0] ? `; ${said[0]}` : ""}`;
    } finally {
      await ranks.stop();
    }
  },
});

const waited = /^error: rank \d of \d waited 2 s in the generator's gradients of step 5$/;
const told = /^error: rank \d of \d waited (2 s in .* step 5|\d\.\d s in .* step 5, then it was told to end)$/;

/** @type {Record<string, Check>} */
export const faultChecks = {
  "a rank is killed": fault("kill", { code: 137, says: told }),
  "a rank does not come": fault("hang", { code: 75, says: waited }),
  "a rank throws": fault("throw", { code: 1, says: told }),
  "a rank aborts": fault("abort", { code: 75, says: /^error: this rank gave up$|told to end$/ }),
  "a rank ends without leaving": fault("leave", { code: 1, says: told }),
  // mpirun continues it to end it, so that it has its say, too.
  "a rank is stopped": fault("stop", { code: 75, says: told }),
  "one of four is killed": { byHand: true, ...fault("kill", { ranks: 4, code: 137, says: told }) },
  "one of four does not come": { byHand: true, ...fault("hang", { ranks: 4, code: 75, says: told }) },
  "one of four is stopped": { byHand: true, ...fault("stop", { ranks: 4, code: 75, says: told }) },
  "all ranks stopped and continued": {
    run: async () => {
      const ranks = startRanks(2, ["fault", "late"], { timeout: 3 });
      try {
        await ranks.until(({ reached }) => reached === 5, 2);
        const { pids } = ranks;
        for (const pid of pids) process.kill(pid, "SIGSTOP");
        await new Promise((resolve) => setTimeout(resolve, 4000));
        for (const pid of pids) process.kill(pid, "SIGCONT");
        const { code, errors } = await ranks.ended();
        if (code !== 0) throw new Error(`exit code 0, found ${code}: ${errors}`);
        return "4 s, more than the time limit of 3 s";
      } finally {
        await ranks.stop();
      }
    },
  },
};
