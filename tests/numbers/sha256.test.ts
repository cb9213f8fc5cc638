// SHA-256: our own implementation against published answers and Node's, and trainings on hosts that have none.
import { createHash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { createRuntime, datasets, gan, layers } from "#binding";
import { ownSha256, sha256 } from "#src/numbers/sha256";
import { randomSource } from "../kernels/harness.js";

afterEach(() => void vi.unstubAllGlobals());

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const text = (value: string) => new TextEncoder().encode(value);

test.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
])("of %.20s is what FIPS 180-4's examples say", (value, digest) => {
  expect(hex(ownSha256(text(value)))).toBe(digest);
});

test("of random bytes equals Node's: every length up to 300, views into larger arrays, and a megabyte", () => {
  const next = randomSource(5);
  const all = Uint8Array.from({ length: 1_000_003 }, () => 256 * next());
  for (const length of [...Array(301).keys(), 4095, 65_537, 999_999]) {
    const part = all.subarray(3, 3 + length);
    expect(hex(ownSha256(part)), `${length} bytes`).toBe(createHash("sha256").update(part).digest("hex"));
  }
});

test("is the same with the host's implementation, without crypto.subtle, and without crypto", async () => {
  const own = hex(ownSha256(text("genloom")));
  expect(await sha256(text("genloom"))).toBe(own);
  for (const crypto of [{ getRandomValues: () => 0 }, undefined]) {
    vi.stubGlobal("crypto", crypto);
    expect(await sha256(text("genloom"))).toBe(own);
  }
});

test("a training gives the same weight hash if crypto.subtle is missing", async () => {
  const train = async () => {
    const runtime = await createRuntime({ threads: 1, deterministic: true });
    const model = gan({
      latent: 2,
      generator: layers.sequential(layers.dense(4), layers.relu(), layers.dense(2)),
      discriminator: layers.sequential(layers.dense(4), layers.leakyRelu(), layers.dense(1)),
    });
    const { weightHash } = await model.train(runtime, datasets.ring({ count: 100 }), { steps: 3, seed: 1 }).done;
    await runtime.close();
    return weightHash;
  };
  const hash = await train();
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(await train()).toBe(hash);
});
