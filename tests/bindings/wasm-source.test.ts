// `createRuntime({ wasm })`: everything that may be given, and what is said of what is not a kernel module.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binding, createRuntime, mean } from "#binding";
import { loadInlined } from "#src/host/inlined";
import type { BuildName } from "#src/host/kernels";
import { LocalEngine } from "#src/host/local-engine";
import { compileBytes, loadModule, type WasmSource } from "#src/host/wasm-source";
import { root } from "../../scripts/host.js";

const file = (build: string) => join(root, `dist/kernels/${build}.wasm`);
const bytes = new Uint8Array(readFileSync(file("simd")));
const html = "<!DOCTYPE html><html><title>My page</title></html>";

let server: Server;
let origin = "";

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    if (url === "/simd.wasm") response.writeHead(200, { "content-type": "application/wasm" }).end(bytes);
    else if (url === "/short.wasm") response.writeHead(200).end(bytes.subarray(0, 3000));
    else if (url === "/page.wasm") response.writeHead(200, { "content-type": "text/html" }).end(html);
    else response.writeHead(404).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server.close());

/** Runs a program on kernels from a source; gives the build that they say they are. */
async function trained(wasm: Parameters<typeof createRuntime>[0] & object): Promise<string> {
  const runtime = await createRuntime(wasm);
  try {
    const program = runtime.compile(({ input }) => ({ outputs: { y: mean(input("x", [3])) } }));
    expect((await program.run({ x: [1, 2, 6] })).y.item()).toBe(3);
    return runtime.info.build;
  } finally {
    await runtime.close();
  }
}

describe("sources that work", () => {
  const sources: Record<string, () => WasmSource> = {
    "a module": () => new WebAssembly.Module(bytes),
    "a promise of a module": () => WebAssembly.compile(bytes),
    "an ArrayBuffer": () => bytes.slice().buffer,
    "a view": () => new Uint8Array([7, ...bytes]).subarray(1),
    "a file URL": () => pathToFileURL(file("simd")),
    "an http URL": () => new URL("/simd.wasm", origin),
    "an address": () => `${origin}/simd.wasm`,
    "a promise of a Response": () => fetch(`${origin}/simd.wasm`),
  };
  test.each(Object.entries(sources))("%s", async (_, source) => {
    expect(await trained({ wasm: source(), threads: 1 })).toBe("simd");
  });

  test("a function of the build's name", async () => {
    const asked: string[] = [];
    const wasm = (build: string) => {
      asked.push(build);
      return pathToFileURL(file(build));
    };
    expect(await trained({ wasm, threads: 2, deterministic: true })).toBe("simd-threads");
    expect(asked).toEqual(["simd-threads"]);
  });

  test("a build for lanes is recognised, one without them runs alone and says so", async () => {
    expect(await trained({ wasm: readFileSync(file("simd-threads")), threads: 2 })).toBe("simd-threads");
    const runtime = await createRuntime({ wasm: bytes, threads: 2 });
    expect(runtime.info).toMatchObject({ lanes: 1, build: "simd" });
    expect(runtime.info.reasons.join()).toContain("one lane only: the given build is simd");
    await runtime.close();
  });

  test("the inlined kernels compile", async () => {
    expect(
      WebAssembly.Module.exports(await loadInlined("simd-threads"))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["describe", "resume", "run", "serve"]);
  });
});

describe("sources that do not", () => {
  const faults: [string, () => WasmSource, string, RegExp, RegExp][] = [
    ["404", () => `${origin}/missing.wasm`, "ERR_KERNELS_UNREACHABLE", /missing\.wasm answered 404/, /copy .*kernels/],
    [
      "HTML in place of wasm",
      () => `${origin}/page.wasm`,
      "ERR_KERNELS_NOT_WASM",
      /page\.wasm is not WebAssembly but an HTML page/,
      /page for unknown URLs/,
    ],
    [
      "a Response of HTML",
      () => new Response(html),
      "ERR_KERNELS_NOT_WASM",
      /the given response is not WebAssembly but an HTML page/,
      /kernels/,
    ],
    [
      "cut off",
      () => `${origin}/short.wasm`,
      "ERR_KERNELS_TRUNCATED",
      /short\.wasm is truncated: its 3000 bytes/,
      /load it again/,
    ],
    [
      "cut off within the magic number",
      () => bytes.slice(0, 5),
      "ERR_KERNELS_TRUNCATED",
      /is not WebAssembly but/,
      /kernels/,
    ],
    ["empty", () => new Uint8Array(0), "ERR_KERNELS_NOT_WASM", /is not WebAssembly but empty/, /kernels/],
    [
      "something else",
      () => new TextEncoder().encode("PK archive"),
      "ERR_KERNELS_NOT_WASM",
      /starts with "PK archive"/,
      /kernels/,
    ],
    ["no server", () => "http://127.0.0.1:9/simd.wasm", "ERR_KERNELS_UNREACHABLE", /cannot be read/, /connection/],
    [
      "a missing file",
      () => pathToFileURL(join(root, "missing.wasm")),
      "ERR_KERNELS_UNREACHABLE",
      /cannot be read/,
      /URL/,
    ],
    [
      "another module",
      () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      "ERR_KERNELS_FOREIGN",
      /not one of this package's builds/,
      /same version/,
    ],
    [
      "bytes that are no code",
      () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 1, 9),
      "ERR_KERNELS_REFUSED",
      /does not compile/,
      /feature/,
    ],
  ];
  test.each(faults)("%s", async (_, source, code, message, hint) => {
    const error = await createRuntime({ wasm: source(), threads: 1 }).catch((error) => error);
    expect(error).toMatchObject({ name: "HostError", code });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test("every cut of a module is noticed before it is compiled", async () => {
    for (let length = 0; length < bytes.length; length += 997) {
      const error = await loadModule(bytes.slice(0, length), {}).catch((error) => error);
      // A cut between two sections leaves a whole module, that the engine refuses.
      expect(["ERR_KERNELS_TRUNCATED", "ERR_KERNELS_NOT_WASM", "ERR_KERNELS_REFUSED"], String(length)).toContain(
        error.code,
      );
    }
  });

  test("a Content-Security-Policy that forbids compiling is explained", async () => {
    const { compile } = WebAssembly;
    WebAssembly.compile = () =>
      Promise.reject(
        new WebAssembly.CompileError(
          "Refused to compile or instantiate WebAssembly module because 'unsafe-eval' is not an allowed source",
        ),
      );
    try {
      const error = await compileBytes(bytes, "it").catch((error) => error);
      expect(error).toMatchObject({ code: "ERR_KERNELS_REFUSED", hint: expect.stringContaining("wasm-unsafe-eval") });
    } finally {
      WebAssembly.compile = compile;
    }
  });

  test("a relaxed build is refused where the same bits are asked for", async () => {
    const { readFile } = binding;
    expect(readFile).toBeDefined();
    if (!WebAssembly.validate(readFileSync(file("relaxed")))) return; // Node 20 does not know relaxed SIMD
    await expect(createRuntime({ wasm: readFileSync(file("relaxed")), deterministic: true })).rejects.toThrow(
      /without relaxed SIMD if deterministic is set, found relaxed/,
    );
  });
});

describe("another build than the wanted one is refused", () => {
  const other = {
    simd: "simd-threads",
    "simd-threads": "simd",
    relaxed: "simd",
    "relaxed-threads": "relaxed",
    wide: "relaxed",
    "wide-threads": "wide",
  } as const;

  test.each([1, 2])("by the function that gives modules, %i lanes", async (threads) => {
    const wanted = threads === 1 ? "simd" : "simd-threads";
    const wasm = (build: BuildName) => pathToFileURL(file(other[build]));
    const error = await createRuntime({ wasm, threads, deterministic: true }).catch((error) => error);
    expect(error).toMatchObject({ name: "HostError", code: "ERR_KERNELS_FOREIGN" });
    expect(error.message).toMatch(new RegExp(`^kernels: the build must be ${wanted} here, found `));
    expect(error.hint).toContain(`genloom/kernels/${wanted}.wasm`);
  });

  test("a relaxed one in place of a deterministic one", async ({ skip }) => {
    if (!WebAssembly.validate(readFileSync(file("relaxed")))) skip(); // Node 20 does not know relaxed SIMD
    await expect(
      createRuntime({ wasm: () => pathToFileURL(file("relaxed")), threads: 1, deterministic: true }),
    ).rejects.toThrow("the build must be simd here, found relaxed");
  });

  test("from the package's own folder, where files have changed places", async () => {
    const folder = mkdtempSync(join(tmpdir(), "genloom-swapped-"));
    try {
      cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
      cpSync(join(root, "package.json"), join(folder, "package.json"));
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
      const script = `
        import { createRuntime } from "./dist/node/genloom.js";
        const error = await createRuntime({ threads: 1, deterministic: true }).catch((error) => error);
        console.log(error.code ?? error.info.build);
        await error.close?.();`;
      writeFileSync(join(folder, "start.mjs"), script);
      const start = () => execFileSync(process.execPath, [join(folder, "start.mjs")], { encoding: "utf8" }).trim();
      expect(start()).toBe("simd");
      copyFileSync(file("simd-threads"), join(folder, "dist/kernels/simd.wasm"));
      expect(start()).toBe("ERR_KERNELS_FOREIGN");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("before any lane starts", async () => {
    let started = 0;
    const error = await LocalEngine.start(
      {
        module: await compileBytes(bytes, "it"),
        build: "simd-threads",
        lanes: 3,
        memory: 2 ** 28,
        complete: true,
        report: () => undefined,
      },
      async () => {
        started++;
        return { leave: async () => undefined, enter: async () => undefined, terminate: () => undefined };
      },
    ).catch((error) => error);
    expect(error).toMatchObject({ code: "ERR_KERNELS_FOREIGN" });
    expect(started).toBe(0);
  });

  // A bundler resolves `new URL(`${name}.wasm`, import.meta.url)` to one file for all names.
  test("no address of a file is put together from parts", () => {
    for (const folder of ["bindings", "src", "node", "browser"]) {
      for (const name of readdirSync(join(root, "dist", folder), { recursive: true, encoding: "utf8" })) {
        if (!/\.c?js$/.test(name)) continue;
        const text = readFileSync(join(root, "dist", folder, name), "utf8");
        for (const [address] of text.matchAll(/new URL\([^)]*(import\.meta\.url|pathToFileURL)\b/g))
          expect(address, `${folder}/${name}`).not.toContain("${");
      }
    }
    const literal = (build: string) => `new URL("../kernels/${build}.wasm", `;
    for (const path of ["bindings/node.js", "node/genloom.cjs", "bindings/browser-files.js"])
      for (const build of ["simd", "simd-threads", "relaxed", "relaxed-threads", "wide", "wide-threads"])
        expect(readFileSync(join(root, "dist", path), "utf8"), path).toContain(literal(build));
  });
});
