// Two network namespaces with a cable between them, as if two machines: by hand and as root, because it makes devices. mpirun
// runs in the first one and starts the second rank in the other, where it would use ssh.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allGone, linesOf } from "./fault-checks.js";
import { reportsOf, startRanks } from "./mpirun.js";

/** @typedef {import("./checks.js").Check} Check */

const spaces = ["genloom-mpi-a", "genloom-mpi-b"];
const [first, second] = ["10.77.0.1", "10.77.0.2"];

/** @param {string[]} args */
const ip = (...args) => execFileSync("ip", args, { stdio: "pipe" });

/** The devices of a cable that gets lost would stay; deleting a namespace takes them along. */
function removeSpaces() {
  for (const space of spaces) {
    try {
      ip("netns", "del", space);
    } catch {
      // It was not there.
    }
  }
}

function makeSpaces() {
  removeSpaces();
  for (const space of spaces) ip("netns", "add", space);
  ip("link", "add", "gl-a", "netns", spaces[0], "type", "veth", "peer", "name", "gl-b", "netns", spaces[1]);
  for (const [space, device, address] of [
    [spaces[0], "gl-a", first],
    [spaces[1], "gl-b", second],
  ]) {
    ip("-n", space, "addr", "add", `${address}/24`, "dev", device);
    ip("-n", space, "link", "set", "lo", "up");
    ip("-n", space, "link", "set", device, "up");
    // By default Linux sends what is not answered again for a quarter of an hour, and mpirun waits for its daemon so long.
    ip("netns", "exec", space, "sysctl", "--quiet", "--write", "net.ipv4.tcp_retries2=2");
  }
}

/** In place of ssh: `agent HOST COMMAND`. Machines have names of their own, by which Open MPI tells them apart. */
const agent = `#!/bin/sh
shift
exec ip netns exec ${spaces[1]} unshare --uts sh -c 'hostname genloom-b; exec sh -c "$*"' sh "$@"
`;

/** @param {(settings: { options: string[], place: string[] }) => Promise<string>} run */
export async function between(run) {
  const folder = mkdtempSync(join(tmpdir(), "genloom-mpi-"));
  const script = join(folder, "agent");
  writeFileSync(script, agent);
  chmodSync(script, 0o755);
  makeSpaces();
  try {
    const parameters = {
      plm_rsh_agent: script,
      btl: "self,tcp",
      btl_tcp_if_include: `${first}/24`,
      oob_tcp_if_include: `${first}/24`,
    };
    const options = Object.entries(parameters).flatMap(([name, value]) => ["--mca", name, value]);
    return await run({
      options: [...options, "--host", `${first}:1,${second}:1`],
      place: ["ip", "netns", "exec", spaces[0]],
    });
  } finally {
    removeSpaces();
    rmSync(folder, { recursive: true });
  }
}

/** Bytes that the first namespace's device has sent. */
function sent() {
  const [link] = JSON.parse(`${ip("-n", spaces[0], "-j", "-s", "link", "show", "gl-a")}`);
  return link.stats64.tx.bytes;
}

export const needsRoot = () => (process.getuid?.() === 0 ? undefined : "root");

/** @type {Record<string, Check>} */
export const namespaceChecks = {
  "two network namespaces": {
    byHand: true,
    missing: needsRoot,
    run: () =>
      between(async (settings) => {
        const reports = await reportsOf(2, ["sums"], settings);
        const [a, b] = reports.filter(({ hash }) => hash);
        if (a.wrong.length + b.wrong.length > 0 || a.hash !== b.hash) throw new Error(JSON.stringify([a, b]));
        return `hash ${a.hash}, ${(sent() / 1e6).toFixed(0)} MB sent`;
      }),
  },
  "two network namespaces, link down": {
    byHand: true,
    missing: needsRoot,
    run: () =>
      between(async (settings) => {
        const ranks = startRanks(2, ["fault", "none"], { ...settings, timeout: 3 });
        try {
          await ranks.until(({ reached }) => reached === 5, 2);
          ip("-n", spaces[0], "link", "set", "gl-a", "down");
          const began = performance.now();
          const { code, errors } = await ranks.ended();
          const seconds = (performance.now() - began) / 1000;
          await allGone(ranks.pids);
          const said = linesOf(errors);
          if (code !== 75 || said.length !== 1 || !/^error: rank 0 of 2 waited 3 s in .* of step \d+$/.test(said[0]))
            throw new Error(`a line of rank 0 and exit code 75, found ${code}: ${errors}`);
          return `exit code ${code} after ${seconds.toFixed(1)} s; ${said[0]}`;
        } finally {
          await ranks.stop();
        }
      }),
  },
};
