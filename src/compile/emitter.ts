/**
 * Emission: turns the nodes of one graph into commands. A program has one emitter. Each loop body has its own, whose
 * commands are placed inside the loop's command.
 */
import { Opcode } from "../../assembly/opcode.js";
import { topologicalOrder } from "../graph/order.js";
import type { Epilogue } from "../graph/emission.js";
import { type Command, type Place, type Storage, storage } from "../graph/storage.js";
import { drawsWithin, type LoopLevel } from "../graph/draws.js";
import { shapeText, sizeOf } from "../graph/shape.js";
import { elementBytes, Input, type Tensor, Variable } from "../graph/tensor.js";
import { base, type Fusion, fuse, type Group, isElementwise, isKernel, isView, noFusion } from "./fuse.js";
import { chooseEpilogues } from "./epilogues.js";
import { nest } from "./nest.js";
import { MapRecord, type RecordSource } from "./record.js";
import { chooseKernels, simplify } from "./simplify.js";

/** State that a program shares with the bodies of its loops. */
export interface Shared {
  /** False: every node gets its own command and its own memory, and nothing is simplified. */
  readonly fuses: boolean;
  /** Whether the results of every command are checked to be finite. */
  readonly checksAll: boolean;
  readonly streams: ReadonlyMap<Tensor, number>;
  readonly clock: Place;
  /** Collects the program's static storages. */
  readonly statics: Storage[];
}

/** Elements whose values must be finite. */
export interface Checked {
  readonly place: Place;
  readonly count: number;
}

/** Lets every operation of a graph emit its commands, and gives their operands storages. */
export class Emitter {
  readonly commands: Command[] = [];
  readonly inputs = new Map<string, { tensor: Input; place: Place }>();
  readonly #storages: Map<Tensor, Storage>;
  /** Places cached by `Emission.once`, by storage and key. */
  readonly #made = new Map<Storage, Map<string, Place>>();
  readonly #equals: Map<Tensor, Tensor>;
  readonly #order: Tensor[];
  readonly #roots: ReadonlySet<Tensor>;
  readonly #fusion: Fusion;
  /** Matrix products and convolutions, with the groups that are their epilogues. */
  readonly #epilogues: ReadonlyMap<Tensor, Group>;
  readonly #records: RecordSource;
  /** Nodes whose values are written to a storage given by `aim`. */
  readonly #aims = new Map<Tensor, Storage>();
  readonly #parts = new Map<Tensor, readonly Storage[]>();

  /**
   * @param asked tensors whose values are needed
   * @param given storages of a body's inputs
   * @param around the loops around the body, outermost first
   */
  constructor(
    asked: readonly Tensor[],
    readonly shared: Shared,
    given: ReadonlyMap<Tensor, Storage> = new Map(),
    private readonly around: readonly LoopLevel[] = [],
  ) {
    this.#storages = new Map(given);
    this.#equals = shared.fuses ? simplify(asked) : chooseKernels(asked);
    const roots = asked.map((node) => this.equal(node));
    this.#order = topologicalOrder(roots);
    this.#roots = new Set(roots.map(base));
    this.#fusion = shared.fuses ? fuse(this.#order, this.#roots) : noFusion(this.#order);
    this.#epilogues = shared.fuses ? chooseEpilogues(this.#fusion, this.#order) : new Map();
    this.#records = {
      inlined: this.#fusion.inlined,
      place: (node) => this.place(node),
      streamOf: (node) => this.#streamOf(node),
      draws: (count) => drawsWithin(around, count),
      clock: shared.clock,
    };
  }

  /** The simplified equivalent of a node. */
  equal(node: Tensor): Tensor {
    return this.#equals.get(node) as Tensor;
  }

  /** The storage of a node's value; undefined if it has none yet. */
  known(node: Tensor): Storage | undefined {
    return this.#storages.get(node);
  }

  /**
   * Lets a node's value be written directly to a storage. Returns false if that is impossible, or if the node has a
   * storage already.
   */
  aim(node: Tensor, target: Storage): boolean {
    if (!this.shared.fuses || !(isElementwise(node) || isKernel(node)) || this.#storages.has(node)) return false;
    this.#storages.set(node, target);
    this.#aims.set(node, target);
    return true;
  }

  /** Whether `aim` assigned this storage to the node. */
  aimed(node: Tensor, target: Storage): boolean {
    return this.#aims.get(node) === target;
  }

  /** Emits the commands of all nodes. */
  emitAll(): void {
    for (const node of this.#order) {
      if (isKernel(node) && this.#aliasOf(node) === undefined) this.#emitKernel(node);
      if (isView(node) && !this.shared.fuses)
        this.emitCopy(node.op.name, this.place(node.inputs[0]), this.storageOf(node));
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

  place(node: Tensor): Place {
    if (isView(node) && this.shared.fuses) return this.place(node.inputs[0]);
    const element = this.#aliasOf(node);
    if (element !== undefined) {
      const whole = this.place(node.inputs[0]);
      return { storage: whole.storage, offset: whole.offset + element * elementBytes[node.dtype] };
    }
    return { storage: this.storageOf(node), offset: 0 };
  }

  storageOf(node: Tensor): Storage {
    const known = this.#storages.get(node);
    if (known) return known;
    const made = this.#makeStorage(node);
    this.#storages.set(node, made);
    if (node instanceof Input) this.inputs.set(node.name, { tensor: node, place: { storage: made, offset: 0 } });
    return made;
  }

  #streamOf(node: Tensor): number {
    const stream = this.shared.streams.get(node);
    if (stream === undefined) throw new Error(`${node.op.name}: a random node without a stream`);
    return stream;
  }

  #static(made: Storage): Storage {
    this.shared.statics.push(made);
    return made;
  }

  /** The index in its input at which a node's result lies; undefined if the node has its own memory. */
  #aliasOf(node: Tensor): number | undefined {
    return this.shared.fuses && !this.#aims.has(node) ? node.op.alias?.(node) : undefined;
  }

  #makeStorage(node: Tensor): Storage {
    const { shape, dtype } = node;
    const label = node.label ?? node.op.name;
    if (node.op.lowering.kind === "part") return this.#partsOf(node.inputs[0])[node.attributes.index as number];
    if (node instanceof Variable) return storage(label, shape, { dtype, home: node });
    if (node instanceof Input) return this.#static(storage(label, shape, { dtype, home: "static" }));
    const { lowering } = node.op;
    const data = lowering.kind === "leaf" ? lowering.data?.(node) : undefined;
    if (data) return this.#static(storage(label, shape, { dtype, home: "static", data }));
    return storage(label, shape, { dtype });
  }

  #partsOf(node: Tensor): readonly Storage[] {
    const { lowering } = node.op;
    const make = lowering.kind === "kernel" ? lowering.parts : undefined;
    const parts = this.#parts.get(node) ?? make?.(node) ?? [];
    this.#parts.set(node, parts);
    return parts;
  }

  #emitKernel(node: Tensor): void {
    const { lowering } = node.op;
    if (lowering.kind !== "kernel") return;
    const group = this.#epilogues.get(node);
    lowering.emit({
      node,
      out: lowering.parts ? nowhere : this.place(node),
      parts: this.#partsOf(node),
      place: (input) => this.place(input),
      streamOf: (random) => this.#streamOf(random),
      draws: (count) => drawsWithin(this.around, count),
      clock: this.shared.clock,
      front: (input) => new MapRecord(input.shape, [{ node: input }], this.#records),
      plain: (place) => {
        const stand = new Input("place", place.storage.shape);
        return new MapRecord(place.storage.shape, [{ node: stand }], { ...this.#records, place: () => place });
      },
      ...(group ? { epilogue: this.#record(group) } : {}),
      emit: (command) => this.emit(command),
      copy: (label, from, to) => this.emitCopy(label, from, to),
      nest: (block) =>
        nest(this, block, (asked, given, level) => new Emitter(asked, this.shared, given, [...this.around, level])),
      own: (input) => this.#ownedBy(node, input),
      once: (of, key, make) => this.#once(of, key, make),
    });
  }

  /**
   * The storage of an input that only this node reads and that may therefore be moved to another home; otherwise
   * undefined.
   */
  #ownedBy(node: Tensor, input: Tensor): Storage | undefined {
    if (!this.shared.fuses || !(isElementwise(input) || isKernel(input)) || this.#aliasOf(input) !== undefined)
      return undefined;
    if (this.#roots.has(input) || this.#aims.has(input)) return undefined;
    const readers = this.#order.filter((reader) => reader.inputs.includes(input));
    const times = node.inputs.filter((one) => one === input).length;
    return readers.length === 1 && times === 1 ? this.storageOf(input) : undefined;
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
  #record(group: Group): Epilogue {
    const places = group.stored.map((node) => this.place(node));
    const record = new MapRecord(
      group.shape,
      group.stored.map((node, i) => ({ node, place: places[i] })),
      this.#records,
    );
    const shares = places.flatMap((out, i) =>
      record.contiguousReads
        .filter((input) => input.offset === 0 && record.mayShare(i, input))
        .map((input) => [out.storage, input.storage] as const),
    );
    const names = group.stored.map((node) => node.label ?? node.op.name);
    return {
      record,
      label: `map ${names.join(", ")}`,
      reads: record.reads.map((place) => place.storage),
      writes: places.map((place) => place.storage),
      shares,
    };
  }

  #emitMap(group: Group): void {
    const { record, label, reads, writes, shares } = this.#record(group);
    const count = sizeOf(group.shape);
    this.emit({
      opcode: Opcode.Map,
      label: `${label} ${shapeText(group.shape)} x ${record.micros}`,
      reads,
      writes,
      shares,
      work: count * Math.max(1, record.micros),
      flops: count * record.micros,
      words: (writer) => record.write(writer),
    });
  }
}

const nowhere: Place = { storage: storage("nowhere", []), offset: 0 };
