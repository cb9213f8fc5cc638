/**
 * Emission: turns the nodes of one graph into commands. A program has one emitter. Each loop body has its own, whose
 * commands are placed inside the loop's command.
 */
import { Opcode } from "../../assembly/opcode.js";
import { topologicalOrder } from "../graph/order.js";
import type { Block, Epilogue } from "../graph/emission.js";
import { Part, type Place, rootOf, type Storage, storage } from "../graph/storage.js";
import type { Command } from "../graph/command.js";
import { drawsWithin, elementsPerRow, type LoopLevel, type Rows } from "../graph/draws.js";
import { shapeText, sizeOf } from "../graph/shape.js";
import { Input, type Tensor } from "../graph/tensor.js";
import { elementBytes } from "../graph/dtype.js";
import { base, type Fusion, fuse, type Group, isKernel, isView, noFusion } from "./fuse.js";
import { chooseEpilogues } from "./epilogues.js";
import { writesInPlace } from "./in-place.js";
import { type DescriptorSource, MapDescriptor } from "./map-descriptor.js";
import { plan, planApart } from "./plan.js";
import { dependencies, schedule } from "./schedule.js";
import { chooseKernels, simplify } from "./simplify.js";
import { type StorageOptions, Storages } from "./storages.js";

/** State that a program shares with the bodies of its loops. */
export interface Shared extends StorageOptions {
  /** Whether the results of every command are checked to be finite. */
  readonly checksAll: boolean;
  readonly streams: ReadonlyMap<Tensor, number>;
  readonly clock: Place;
  /** The program's rows of a block, if it computes a part of one. */
  readonly rows: Rows | undefined;
}

/** Elements whose values must be finite. */
export interface Checked {
  readonly place: Place;
  readonly count: number;
}

/** Lets every operation of a graph emit its commands, and gives their operands storages. */
export class Emitter {
  readonly commands: Command[] = [];
  readonly storages: Storages;
  /** Places cached by `Emission.once`, by storage and key. */
  readonly #made = new Map<Storage, Map<string, Place>>();
  readonly #equals: Map<Tensor, Tensor>;
  readonly #order: Tensor[];
  readonly #roots: ReadonlySet<Tensor>;
  readonly #fusion: Fusion;
  /** Matrix products and convolutions, with the groups that are their epilogues. */
  readonly #epilogues: ReadonlyMap<Tensor, Group>;
  readonly #source: DescriptorSource;

  /**
   * @param asked tensors whose values are needed
   * @param given storages of a body's inputs
   * @param around the loops around the body, outermost first
   */
  constructor(
    asked: readonly Tensor[],
    readonly shared: Shared,
    given: ReadonlyMap<Tensor, Storage> = new Map(),
    readonly around: readonly LoopLevel[] = [],
  ) {
    this.storages = new Storages(shared, given);
    this.#equals = shared.fuses ? simplify(asked) : chooseKernels(asked);
    const roots = asked.map((node) => this.equal(node));
    this.#order = topologicalOrder(roots);
    const { rows } = shared;
    if (rows) for (const { op, size } of this.#order) if (op.random) elementsPerRow(size, rows);
    this.#roots = new Set(roots.map(base));
    this.#fusion = shared.fuses ? fuse(this.#order, this.#roots) : noFusion(this.#order);
    this.#epilogues = shared.fuses ? chooseEpilogues(this.#fusion, this.#order) : new Map();
    this.#source = {
      inlined: this.#fusion.inlined,
      place: (node) => this.storages.place(node),
      streamOf: (node) => this.#streamOf(node),
      draws: (count) => drawsWithin(around, count, shared.rows),
      clock: shared.clock,
    };
  }

  /** The simplified equivalent of a node. */
  equal(node: Tensor): Tensor {
    return this.#equals.get(node) as Tensor;
  }

  /** Emits the commands of all nodes. */
  emitAll(): void {
    for (const node of this.#order) {
      if (isKernel(node) && this.storages.aliasOf(node) === undefined) this.#emitKernel(node);
      if (isView(node) && !this.shared.fuses)
        this.emitCopy(node.op.name, this.storages.place(node.inputs[0]), this.storages.of(node));
    }
    const epilogues = new Set(this.#epilogues.values());
    for (const group of this.#fusion.groups) if (!epilogues.has(group)) this.#emitMap(group);
  }

  emit(command: Omit<Command, "after" | "shares" | "flops"> & Partial<Command>): Command {
    const full: Command = { after: [], shares: [], flops: 0, ...command };
    this.commands.push(full);
    return full;
  }

  emitCopy(label: string, from: Place, to: Storage): Command {
    const bytes = elementBytes[to.dtype];
    const count = sizeOf(to.shape);
    return this.emit({
      opcode: Opcode.Copy,
      label: `copy ${label} [${count}]`,
      reads: [from.storage],
      writes: [to],
      work: count,
      words(writer) {
        writer.place({ storage: to, offset: 0 });
        writer.place(from);
        writer.integers(bytes, 1, count, 1, 1);
      },
    });
  }

  emitChecks(checked: readonly Checked[]): void {
    for (const { place, count } of checked) {
      this.emit({
        opcode: Opcode.CheckFinite,
        label: place.storage.label,
        reads: [place.storage],
        writes: [],
        work: count,
        words(writer) {
          writer.place(place);
          writer.integers(count);
        },
      });
    }
  }

  /** All f32 storages that commands write. */
  written(): Checked[] {
    const written = new Set(this.commands.flatMap(({ writes }) => writes.filter(({ dtype }) => dtype === "f32")));
    return [...written].map((one) => ({ place: { storage: one, offset: 0 }, count: sizeOf(one.shape) }));
  }

  #streamOf(node: Tensor): number {
    const stream = this.shared.streams.get(node);
    if (stream === undefined) throw new Error(`${node.op.name}: a random node without a stream`);
    return stream;
  }

  #emitKernel(node: Tensor): void {
    const { lowering } = node.op;
    if (lowering.kind !== "kernel") return;
    const group = this.#epilogues.get(node);
    const { rows } = this.shared;
    lowering.emit({
      node,
      out: lowering.parts ? nowhere : this.storages.place(node),
      parts: this.storages.partsOf(node),
      place: (input) => this.storages.place(input),
      streamOf: (random) => this.#streamOf(random),
      draws: (count) => drawsWithin(this.around, count, this.shared.rows),
      clock: this.shared.clock,
      blockRows: rows && !rows.fixed ? rows.of / rows.count : 1,
      rowsTogether: !rows || rows.fixed === true,
      front: (input) => new MapDescriptor(input.shape, [{ node: input }], this.#source),
      plain: (place) => {
        const stand = new Input("place", place.storage.shape);
        return new MapDescriptor(place.storage.shape, [{ node: stand }], { ...this.#source, place: () => place });
      },
      ...(group ? { epilogue: this.#describe(group) } : {}),
      emit: (command) => this.emit(command),
      copy: (label, from, to) => this.emitCopy(label, from, to),
      nest: (block) => nest(this, block),
      own: (input) => this.#ownedBy(node, input),
      once: (of, key, make) => this.#once(of, key, make),
    });
  }

  /**
   * The storage of an input that only this node reads and that may therefore be moved to another home; otherwise
   * undefined.
   */
  #ownedBy(node: Tensor, input: Tensor): Storage | undefined {
    if (!this.storages.isMovable(input) || this.#roots.has(input)) return undefined;
    const readers = this.#order.filter((reader) => reader.inputs.includes(input));
    const times = node.inputs.filter((one) => one === input).length;
    return readers.length === 1 && times === 1 ? this.storages.of(input) : undefined;
  }

  #once({ storage, offset }: Place, key: string, make: () => Place): Place {
    const made = this.#made.get(storage) ?? new Map<string, Place>();
    this.#made.set(storage, made);
    const full = `${offset} ${key}`;
    const place = made.get(full) ?? make();
    made.set(full, place);
    return place;
  }

  /** The map descriptor of a group, with the storages that it reads, writes and may overwrite. */
  #describe(group: Group): Epilogue {
    const places = group.stored.map((node) => this.storages.place(node));
    const map = new MapDescriptor(
      group.shape,
      group.stored.map((node, i) => ({ node, place: places[i] })),
      this.#source,
    );
    const shares = places.flatMap((out, i) =>
      map.contiguousReads
        .filter((input) => input.offset === 0 && map.mayShare(i, input))
        .map((input) => [out.storage, input.storage] as const),
    );
    const names = group.stored.map((node) => node.label ?? node.op.name);
    return {
      map,
      label: `map ${names.join(", ")}`,
      reads: map.reads.map((place) => place.storage),
      writes: places.map((place) => place.storage),
      shares,
    };
  }

  #emitMap(group: Group): void {
    const { map, label, reads, writes, shares } = this.#describe(group);
    const count = sizeOf(group.shape);
    this.emit({
      opcode: Opcode.Map,
      label: `${label} ${shapeText(group.shape)} x ${map.micros}`,
      reads,
      writes,
      shares,
      work: count * Math.max(1, map.micros),
      flops: count * map.micros,
      words: (writer) => map.write(writer),
    });
  }
}

const nowhere: Place = { storage: storage("nowhere", []), offset: 0 };

/**
 * Emits a loop. A result is computed directly in its storage if its node has a command in the body, otherwise it is
 * copied there. A carry overwrites its previous value if that is safe (in-place.ts). All other values of the body share
 * one storage of the outer graph, planned from their lifetimes in an iteration.
 */
function nest(
  outer: Emitter,
  { label, body, inputs, results, carried, loop, reverse = false, period = 0, settle }: Block<Tensor>,
): void {
  const { shared, around } = outer;
  const { fuses, checksAll, clock } = shared;
  const given = new Map<Tensor, Storage>(body.inputs.map((input, i) => [input, inputs[i]]));
  const inner = new Emitter(body.results, shared, given, [...around, { loop, reverse }]);
  const nodes = body.results.map((result) => base(inner.equal(result)));
  // u8 elements are written four at a time, also past the end of the storage, where other data may follow.
  const direct = nodes.map((node, i) => node.dtype !== "u8" && inner.storages.aim(node, results[i]));
  inner.emitAll();
  body.results.forEach((result, i) => {
    if (!direct[i]) inner.emitCopy(results[i].label, inner.storages.place(inner.equal(result)), results[i]);
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
