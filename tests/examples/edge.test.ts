/** examples/edge under workerd: the images that it was asked for, its answers to bad requests, its processor time. */
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "#src/data/formats/read-png";
import { root } from "../../scripts/host.js";
import { skipUnless, startWorkerd } from "../export/hosts.js";
import { expected, noLabels, standIn } from "../export/stand-in.js";
import { programs } from "../hosts/programs.js";
import { digitsGenerator } from "./generators.js";

const host = programs.workerd();
const example = join(root, "examples/edge");

test("its code is short", async () => {
  const lines = (await readFile(join(example, "worker.js"), "utf8")).trim().split("\n");
  expect(lines.length).toBeLessThan(80);
});

/** Milliseconds of processor time of a process, all threads; undefined where there is no /proc. */
async function processorTime(pid: number): Promise<number | undefined> {
  try {
    const threads = await readdir(`/proc/${pid}/task`);
    const times = threads.map(async (id) =>
      Number((await readFile(`/proc/${pid}/task/${id}/schedstat`, "utf8")).split(" ")[0]),
    );
    return (await Promise.all(times)).reduce((sum, time) => sum + time, 0) / 1e6;
  } catch {
    return undefined;
  }
}

/** Megabytes in memory. */
async function memory(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (["VmRSS", "VmHWM"] as const)
    .map((name) => `${name} ${(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024).toFixed(0)} MB`)
    .join(", ");
}

describe.skipIf(skipUnless(host))("examples/edge", () => {
  let folder: string;
  beforeAll(async () => {
    expect(host, "workerd is missing").toBeDefined();
    folder = await mkdtemp(join(tmpdir(), "genloom-edge-"));
    for (const name of ["worker.js", "config.capnp"]) await copyFile(join(example, name), join(folder, name));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Serves the example with a module. */
  async function served<T>(wasm: Uint8Array, ask: (origin: string, pid: number) => Promise<T>): Promise<T> {
    await writeFile(join(folder, "generator.wasm"), wasm);
    const { origin, pid, stop } = await startWorkerd(join(folder, "config.capnp"));
    try {
      return await ask(origin, pid);
    } finally {
      await stop();
    }
  }

  test("answers with the sample of a trained model; the first request takes at most 50 ms of processor time", async () => {
    const generator = await digitsGenerator();
    try {
      await served(generator.wasm, async (origin, pid) => {
        const before = await processorTime(pid);
        const response = await fetch(`${origin}/?seed=7&first=300`);
        const png = decodePng(new Uint8Array(await response.arrayBuffer()));
        const after = await processorTime(pid);
        expect([png.width, png.height, png.channels]).toEqual([28, 28, 1]);
        const wanted = await generator.expected(7, 300, 1);
        png.data.forEach((value, i) => {
          expect(Math.abs(value - wanted[i])).toBeLessThanOrEqual(0.51);
        });
        expect(new Set(png.data).size).toBeGreaterThan(10);
        if (before === undefined || after === undefined) return;
        process.stdout.write(
          `examples/edge, workerd: ${before.toFixed(0)} ms of processor time to start, ` +
            `${(after - before).toFixed(1)} ms for the first request; ${await memory(pid)}\n`,
        );
        expect(after - before).toBeLessThanOrEqual(50);
      });
    } finally {
      await generator.close();
    }
  });

  const colours = { shape: [5, 4, 3], range: [-2, 2], classNames: ["red", "a & b"] } as const;

  test("knows seeds of 53 bits, classes and colours", async () => {
    await served(standIn(colours).wasm, async (origin) => {
      for (const [path, wanted] of [
        ["/?seed=9007199254740991&first=3&label=1", { seed: 2 ** 53 - 1, index: 3, label: 1 }],
        ["/?label=a%20%26%20b&first=2", { index: 2, label: 1 }],
        ["/", { index: 0 }],
      ] as const) {
        const response = await fetch(origin + path);
        expect(response.headers.get("content-type")).toBe("image/png");
        const { width, height, channels, data } = decodePng(new Uint8Array(await response.arrayBuffer()));
        expect([width, height, channels]).toEqual([4, 5, 3]);
        expect([...data]).toEqual([...expected(colours, wanted)].map((value) => Math.round(((value + 2) / 4) * 255)));
      }
    });
  });

  test("answers bad requests with a sentence", async () => {
    await served(standIn(colours).wasm, async (origin) => {
      const answer = async (path: string, init?: RequestInit) => {
        const response = await fetch(origin + path, init);
        return [response.status, (await response.text()).trim()];
      };
      expect(await answer("/?seed=x")).toEqual([400, 'seed must be an integer from 0 to 9007199254740991, found "x"']);
      expect(await answer("/?first=-1")).toEqual([400, 'first must be an integer from 0 to 2147483646, found "-1"']);
      expect(await answer("/?label=blue")).toEqual([
        400,
        'label must be an integer from 0 to 2147483647, found "blue"',
      ]);
      expect(await answer("/?label=2")).toEqual([400, noLabels]);
      expect(await answer("/", { method: "POST" })).toEqual([405, "only GET is known here"]);
    });
  });
});
