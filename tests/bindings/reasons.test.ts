/** `runtime.info.reasons` says why a feature is off, and nothing of lanes that nobody wants any more. */
import { expect, test } from "vitest";
import { createRuntime } from "#binding";
import { hostTurn } from "#src/host/turn";

test("a runtime that is closed before its lanes have come lacks none", async () => {
  const runtime = await createRuntime({ threads: "auto" });
  await runtime.close();
  for (let turn = 0; turn < 5; turn++) await hostTurn();
  expect(runtime.info.reasons.filter((reason) => reason.startsWith("fewer lanes"))).toEqual([]);
});
