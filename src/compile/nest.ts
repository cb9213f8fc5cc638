/** Loops: the commands of a body, over their own memory, become one command of the outer graph. */
import { Opcode } from "../../assembly/opcode.js";
import type { Block } from "../graph/emission.js";
import { Part, rootOf, type Storage, storage } from "../graph/storage.js";
import type { LoopLevel } from "../graph/draws.js";
import type { Tensor } from "../graph/tensor.js";
import type { Emitter } from "./emitter.js";
import { base } from "./fuse.js";
import { writesInPlace } from "./in-place.js";
import { plan, planApart } from "./plan.js";
import { dependencies, schedule } from "./schedule.js";

/**
 * Emits a loop. A result is computed directly in its storage if its node has a command in the body, otherwise it is
 * copied there. A carry overwrites its previous value if that is safe (in-place.ts). All other values of the body share
 * one storage of the outer graph, planned from their lifetimes in an iteration.
 * @param within makes the emitter of the body
 */
export function nest(
  outer: Emitter,
  { label, body, inputs, results, carried, loop, reverse = false, period = 0, settle }: Block,
  within: (asked: readonly Tensor[], given: ReadonlyMap<Tensor, Storage>, level: LoopLevel) => Emitter,
): void {
  const { fuses, checksAll, clock } = outer.shared;
  const given = new Map<Tensor, Storage>(body.inputs.map((input, i) => [input, inputs[i]]));
  const inner = within(body.results, given, { loop, reverse });
  const nodes = body.results.map((result) => base(inner.equal(result)));
  // u8 elements are written four at a time, also past the end of the storage, where other data may follow.
  const direct = nodes.map((node, i) => node.dtype !== "u8" && inner.aim(node, results[i]));
  inner.emitAll();
  body.results.forEach((result, i) => {
    if (!direct[i]) inner.emitCopy(results[i].label, inner.place(inner.equal(result)), results[i]);
  });
  const waitsFor = dependencies(inner.commands);
  const inPlace = carried.map(
    (old, i) => old && direct[i] && writesInPlace({ old, next: results[i] }, inner.commands, waitsFor),
  );
  const { reads, writes } = settle(inPlace);
  if (checksAll) inner.emitChecks(inner.written());
  const waves = schedule(inner.commands);
  const foreign = new Set([...inputs, ...results].map(rootOf));
  const { bytes, offsets } = fuses ? plan(waves, new Set(), foreign) : planApart(waves, foreign);
  const scratch = storage(`${label} scratch`, [bytes], { dtype: "u8" });
  for (const [one, offset] of offsets) one.home = new Part({ storage: scratch, offset });
  const sum = (of: "work" | "flops") => loop.length * inner.commands.reduce((total, one) => total + one[of], 0);
  outer.emit({
    opcode: Opcode.Loop,
    label,
    reads,
    writes: [...writes, ...(bytes > 0 ? [scratch] : [])],
    work: sum("work"),
    flops: sum("flops"),
    body: { loop, waves },
    words(writer) {
      writer.integers(loop.length, period);
      writer.place(clock);
      writer.integers(0);
    },
  });
}
