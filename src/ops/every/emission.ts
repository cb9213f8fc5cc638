/** Commands that run only in some steps, and the zeros that replace their results in the others. */
import { Opcode } from "../../../assembly/opcode.js";
import { type Emission, fillCommand } from "../../graph/emission.js";
import { type Loop, Part, type Storage, storage } from "../../graph/storage.js";
import type { Command } from "../../graph/command.js";
import type { Tensor } from "../../graph/tensor.js";
import { sizeOf } from "../../graph/shape.js";
import type { Closed } from "../../graph/body.js";

/**
 * Emits commands that give a body's results in steps that are a multiple of the node's period, and zeros in the others.
 */
export function emitDue(emission: Emission<Tensor>, { body, captured }: Closed, results: readonly Storage[]): void {
  const { node, place, clock, emit, nest } = emission;
  const { period } = node.attributes as { readonly period: number };
  const loop: Loop = { length: 1 };
  const whole = (one: Storage) => {
    const { label, shape, dtype } = one;
    return storage(label, shape, { dtype, home: new Part({ storage: one, offset: 0 }) });
  };
  const places = captured.map((one) => place(one));
  nest({
    label: `every ${period} steps`,
    body,
    inputs: body.inputs.map(({ name, shape, dtype }, i) => storage(name, shape, { dtype, home: new Part(places[i]) })),
    results: results.map(whole),
    carried: [],
    loop,
    period,
    settle: () => ({ reads: places.map((one) => one.storage), writes: results }),
  });
  const fills: Command[] = results.map((one) => {
    const filled = { out: { storage: one, offset: 0 }, count: sizeOf(one.shape), dtype: one.dtype, value: 0 };
    return fillCommand({ ...emission, emit: (command) => ({ after: [], shares: [], flops: 0, ...command }) }, filled);
  });
  emit({
    opcode: Opcode.Loop,
    label: `zeros in the other steps of ${period}`,
    reads: [],
    writes: results,
    work: fills.reduce((sum, { work }) => sum + work, 0),
    body: { loop, waves: [fills] },
    words(writer) {
      writer.integers(loop.length, -period);
      writer.place(clock);
      writer.integers(0);
    },
  });
}
