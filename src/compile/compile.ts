/**
 * From a graph to waves of commands over planned memory:
 * simplify -> fuse -> emit commands -> update variables in place where that is safe -> schedule -> plan.
 *
 * With `fuse: false` every node is a command of its own with memory of its own, and nothing is simplified or updated in
 * place: a second opinion on all of the above. The same kernels are chosen in both forms.
 */
import { Opcode } from "../../assembly/opcode.js";
import { topologicalOrder } from "../gradient.js";
import type { Epilogue } from "../graph/emission.js";
import { type Command, type Place, type Storage, storage } from "../graph/storage.js";
import { assignStreams } from "../reference.js";
import { sameShape, shapeText, sizeOf } from "../shape.js";
import { elementBytes, Input, type Tensor, Variable } from "../tensor.js";
import {
  base,
  type Fusion,
  fuse,
  type Group,
  isElementwise,
  isKernel,
  isView,
  noFusion,
  takesEpilogue,
} from "./fuse.js";
import { writesInPlace } from "./in-place.js";
import { type Plan, plan, planApart } from "./plan.js";
import { MapRecord, type RecordSource } from "./record.js";
import { dependencies, schedule } from "./schedule.js";
import { chooseKernels, simplify } from "./simplify.js";
import type { Wave } from "./encode.js";

export interface Source {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
  /** Stream of the first random node, or each node's. */
  readonly streams: number | ReadonlyMap<Tensor, number>;
  /** Tensors whose values must stay finite: the program stops where one does not. `all` checks every command. */
  readonly checks: readonly Tensor[] | "all";
  /** False: every node is a command with memory of its own. */
  readonly fuse?: boolean;
}

export interface CompiledOutput {
  readonly place: Place;
  readonly tensor: Tensor;
}

/** A compiled program, without addresses. */
export interface Compiled {
  readonly waves: readonly Wave[];
  readonly plan: Plan;
  readonly inputs: ReadonlyMap<string, { readonly tensor: Input; readonly place: Place }>;
  readonly outputs: ReadonlyMap<string, CompiledOutput>;
  readonly statics: readonly Storage[];
  readonly clock: Place;
  readonly variables: readonly Variable[];
}

/** Compiles outputs and updates. Throws RangeError where an update does not fit its variable. */
export function compile(source: Source): Compiled {
  return new Compiler(source).run();
}

/** Elements that must stay finite. */
interface Checked {
  readonly place: Place;
  readonly count: number;
}

class Compiler {
  readonly #commands: Command[] = [];
  readonly #storages = new Map<Tensor, Storage>();
  /** What rules have made of a storage for several nodes, by key. */
  readonly #made = new Map<Storage, Map<string, Place>>();
  readonly #statics: Storage[] = [];
  readonly #inputs = new Map<string, { tensor: Input; place: Place }>();
  readonly #clock: Place = {
    storage: this.#static(storage("clock", [4], { dtype: "i32", home: "static" })),
    offset: 0,
  };
  readonly #equals: Map<Tensor, Tensor>;
  readonly #order: Tensor[];
  readonly #fusion: Fusion;
  readonly #streams: ReadonlyMap<Tensor, number>;
  readonly #hosts = new Map<Tensor, Group>();
  readonly #hosted = new Set<Group>();
  readonly #records: RecordSource;
  /** Variables whose next value a node writes straight to their memory. */
  readonly #inPlace = new Map<Tensor, Variable>();

  readonly #fuses: boolean;

  constructor(private readonly source: Source) {
    const { outputs, updates, streams } = source;
    this.#fuses = source.fuse ?? true;
    for (const [variable, next] of updates) {
      if (!sameShape(variable.shape, next.shape) || variable.dtype !== next.dtype) {
        throw new RangeError(
          `update of ${variable.name}: ${next.dtype} ${shapeText(next.shape)} does not fit ${variable.dtype} ${shapeText(variable.shape)}`,
        );
      }
    }
    const checked = source.checks === "all" ? [] : source.checks;
    const asked = [...Object.values(outputs), ...updates.values(), ...checked];
    this.#streams = typeof streams === "number" ? assignStreams(topologicalOrder(asked), streams) : streams;
    this.#equals = this.#fuses ? simplify(asked) : chooseKernels(asked);
    const roots = asked.map((node) => this.#equal(node));
    this.#order = topologicalOrder(roots);
    this.#fusion = this.#fuses ? fuse(this.#order, new Set(roots.map(base))) : noFusion(this.#order);
    this.#records = {
      inlined: this.#fusion.inlined,
      place: (node) => this.#place(node),
      streamOf: (node) => this.#streamOf(node),
      clock: this.#clock,
    };
  }

  run(): Compiled {
    if (this.#fuses) {
      for (const [variable, next] of this.source.updates) {
        const node = this.#equal(next);
        if ((isElementwise(node) || isKernel(node)) && !this.#inPlace.has(node)) this.#inPlace.set(node, variable);
      }
      this.#chooseHosts();
    }
    for (const node of this.#order) {
      if (isKernel(node) && this.#aliasOf(node) === undefined) this.#emitKernel(node);
      if (isView(node) && !this.#fuses)
        this.#emitCopy(node.op.name, this.#place(node.inputs[0]), this.#storageOf(node));
    }
    for (const group of this.#fusion.groups) if (!this.#hosted.has(group)) this.#emitMap(group);
    const outputs = this.#emitOutputs();
    const { checks } = this.source;
    if (checks !== "all")
      this.#emitChecks(checks.map((node) => ({ place: this.#place(this.#equal(node)), count: node.size })));
    this.#emitUpdates();
    if (checks === "all") this.#emitChecks(this.#written());
    this.#emitTick();
    const waves = schedule(this.#commands);
    const kept = new Set([...outputs.values()].map(({ place }) => place.storage));
    const variables = new Set<Variable>(this.source.updates.keys());
    for (const wave of waves) {
      for (const command of wave) {
        for (const { home } of [...command.reads, ...command.writes]) if (typeof home !== "string") variables.add(home);
      }
    }
    for (const { place } of outputs.values())
      if (typeof place.storage.home !== "string") variables.add(place.storage.home);
    return {
      waves,
      plan: this.#fuses ? plan(waves, kept) : planApart(waves),
      inputs: this.#inputs,
      outputs,
      statics: this.#statics,
      clock: this.#clock,
      variables: [...variables],
    };
  }

  #equal(node: Tensor): Tensor {
    return this.#equals.get(node) as Tensor;
  }

  #streamOf(node: Tensor): number {
    const stream = this.#streams.get(node);
    if (stream === undefined) throw new Error(`${node.op.name}: a random node without a stream`);
    return stream;
  }

  #static(made: Storage): Storage {
    this.#statics.push(made);
    return made;
  }

  /** The element of its input's memory at which a node's result lies, where it has no memory of its own. */
  #aliasOf(node: Tensor): number | undefined {
    return this.#fuses && !this.#inPlace.has(node) ? node.op.alias?.(node) : undefined;
  }

  #place(node: Tensor): Place {
    if (isView(node) && this.#fuses) return this.#place(node.inputs[0]);
    const element = this.#aliasOf(node);
    if (element !== undefined) {
      const whole = this.#place(node.inputs[0]);
      return { storage: whole.storage, offset: whole.offset + element * elementBytes[node.dtype] };
    }
    return { storage: this.#storageOf(node), offset: 0 };
  }

  #storageOf(node: Tensor): Storage {
    const known = this.#storages.get(node);
    if (known) return known;
    const made = this.#makeStorage(node);
    this.#storages.set(node, made);
    if (node instanceof Input) this.#inputs.set(node.name, { tensor: node, place: { storage: made, offset: 0 } });
    return made;
  }

  #makeStorage(node: Tensor): Storage {
    const { shape, dtype } = node;
    const label = node.label ?? node.op.name;
    if (node instanceof Variable) return storage(label, shape, { dtype, home: node });
    if (node instanceof Input) return this.#static(storage(label, shape, { dtype, home: "static" }));
    const { lowering } = node.op;
    const data = lowering.kind === "leaf" ? lowering.data?.(node) : undefined;
    if (data) return this.#static(storage(label, shape, { dtype, home: "static", data }));
    return storage(label, shape, { dtype, home: this.#inPlace.get(node) ?? "scratch" });
  }

  /**
   * Gives groups to the products that they follow. A product then waits for all operands of its group. An operand below
   * the product's depth cannot wait for the product, nor can an elementwise one of the same depth; of products of the
   * same depth only the last in order may wait for others, or two could wait for each other.
   */
  #chooseHosts(): void {
    const { groups, depth } = this.#fusion;
    const position = new Map(this.#order.map((node, at) => [node, at]));
    const later = (a: Tensor, b: Tensor) =>
      (depth.get(a) as number) - (depth.get(b) as number) ||
      (isKernel(a) ? (position.get(a) as number) - (position.get(b) as number) : 0);
    for (const group of groups) {
      const size = sizeOf(group.shape);
      const operands = group.operands.map(base);
      const [host] = operands
        .filter((node) => takesEpilogue(node) && node.size === size && !this.#hosts.has(node))
        .sort((a, b) => later(b, a));
      if (!host || size === 0 || operands.some((operand) => operand !== host && later(operand, host) > 0)) continue;
      this.#hosts.set(host, group);
      this.#hosted.add(group);
    }
  }

  #emit(command: Omit<Command, "after" | "shares" | "flops"> & Partial<Command>): Command {
    const full: Command = { after: [], shares: [], flops: 0, ...command };
    this.#commands.push(full);
    return full;
  }

  #emitKernel(node: Tensor): void {
    const { lowering } = node.op;
    if (lowering.kind !== "kernel") return;
    const group = this.#hosts.get(node);
    lowering.emit({
      node,
      out: this.#place(node),
      place: (input) => this.#place(input),
      streamOf: (random) => this.#streamOf(random),
      clock: this.#clock,
      front: (input) => new MapRecord(input.shape, [{ node: input }], this.#records),
      plain: (place) => {
        const stand = new Input("place", place.storage.shape);
        return new MapRecord(place.storage.shape, [{ node: stand }], { ...this.#records, place: () => place });
      },
      ...(group ? { epilogue: this.#record(group) } : {}),
      emit: (command) => this.#emit(command),
      once: (of, key, make) => this.#once(of, key, make),
    });
  }

  #once({ storage, offset }: Place, key: string, make: () => Place): Place {
    const made = this.#made.get(storage) ?? new Map<string, Place>();
    this.#made.set(storage, made);
    const full = `${offset} ${key}`;
    const place = made.get(full) ?? make();
    made.set(full, place);
    return place;
  }

  /** The record of a group, with what it reads, writes and may overwrite. */
  #record(group: Group): Epilogue {
    const places = group.stored.map((node) => this.#place(node));
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
    this.#emit({
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

  #emitCopy(label: string, from: Place, to: Storage): Command {
    const bytes = elementBytes[to.dtype];
    const count = sizeOf(to.shape);
    return this.#emit({
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

  #emitOutputs(): Map<string, CompiledOutput> {
    return new Map(
      Object.entries(this.source.outputs).map(([name, tensor]) => [
        name,
        { place: this.#lasting(this.#equal(tensor)), tensor },
      ]),
    );
  }

  /** Next values: written in place where that is safe, else copied once everything has run. */
  #emitUpdates(): void {
    const inPlace: Variable[] = [];
    const copies = new Map<Variable, Command>();
    const copyTo = (variable: Variable, from: Place) => {
      const target = storage(variable.name, variable.shape, { dtype: variable.dtype, home: variable });
      copies.set(variable, this.#emitCopy(variable.name, from, target));
    };
    for (const [variable, next] of this.source.updates) {
      const node = this.#equal(next);
      if (node === variable) continue;
      if (this.#inPlace.get(node) === variable) {
        inPlace.push(variable);
      } else copyTo(variable, this.#lasting(node));
    }
    // Every command that reads an old value has been emitted by now.
    const waitsFor = dependencies(this.#commands);
    for (const variable of inPlace) {
      const next = this.#storageOf(this.#equal(this.source.updates.get(variable) as Tensor));
      const value = { old: this.#storages.get(variable), next };
      if (!writesInPlace(value, this.#commands, waitsFor)) copyTo(variable, { storage: next, offset: 0 });
    }
    for (const [variable, copy] of copies) {
      const old = this.#storages.get(variable);
      if (old) copy.after.push(...this.#commands.filter((command) => command.reads.includes(old)));
    }
  }

  /** Where a node's value of this step stays until the program's end: beside the variable that an update overwrites. */
  #lasting(node: Tensor): Place {
    const place = this.#place(node);
    const { home } = place.storage;
    if (typeof home === "string" || !this.source.updates.has(home) || this.#storages.get(home) !== place.storage)
      return place;
    const aside = storage(`old ${node.label ?? node.op.name}`, node.shape, { dtype: node.dtype });
    this.#emitCopy(aside.label, place, aside);
    return { storage: aside, offset: 0 };
  }

  /** All f32 results of commands. */
  #written(): Checked[] {
    const written = new Set(this.#commands.flatMap(({ writes }) => writes.filter(({ dtype }) => dtype === "f32")));
    return [...written].map((one) => ({ place: { storage: one, offset: 0 }, count: sizeOf(one.shape) }));
  }

  #emitChecks(checked: readonly Checked[]): void {
    for (const { place, count } of checked) {
      this.#emit({
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

  #emitTick(): void {
    const clock = this.#clock;
    this.#emit({
      opcode: Opcode.Tick,
      label: "tick",
      reads: [],
      writes: [],
      work: 0,
      words: (writer) => writer.place(clock),
    }).after.push(...this.#commands.slice(0, -1));
  }
}
