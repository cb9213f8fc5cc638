/**
 * From a graph to waves of commands over planned memory:
 * simplify -> fuse -> emit commands -> update variables in place where that is safe -> schedule -> plan.
 */
import { Opcode } from "../../assembly/opcode.js";
import { topologicalOrder } from "../gradient.js";
import { constantValue } from "../ops/constant.js";
import { literalOp } from "../ops/literal.js";
import { sliceOp } from "../ops/movement.js";
import { assignStreams } from "../reference.js";
import { sameShape, shapeText, sizeOf } from "../shape.js";
import { elementBytes, Input, Tensor, Variable } from "../tensor.js";
import { base, type Fusion, fuse, type Group, isElementwise, isKernel, isView } from "./fuse.js";
import { type Epilogue, kernelRules, takesEpilogue } from "./kernels.js";
import { type Plan, plan } from "./plan.js";
import { MapRecord, type RecordSource } from "./record.js";
import { anyWaits, dependencies, schedule } from "./schedule.js";
import { simplify } from "./simplify.js";
import { type Command, type Place, type Storage, storage } from "./storage.js";
import type { Wave } from "./encode.js";

export interface Source {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
  /** Stream of the first random node, or each node's. */
  readonly streams: number | ReadonlyMap<Tensor, number>;
  /** Tensors whose values must stay finite: the program stops where one does not. `all` checks every command. */
  readonly checks: readonly Tensor[] | "all";
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

  constructor(private readonly source: Source) {
    const { outputs, updates, streams } = source;
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
    this.#equals = simplify(asked);
    const roots = new Set(asked.map((node) => base(this.#equal(node))));
    this.#order = topologicalOrder(roots);
    this.#fusion = fuse(this.#order, roots);
    this.#records = {
      inlined: this.#fusion.inlined,
      place: (node) => this.#place(node),
      streamOf: (node) => this.#streamOf(node),
      clock: this.#clock,
    };
  }

  run(): Compiled {
    for (const [variable, next] of this.source.updates) {
      const node = this.#equal(next);
      if ((isElementwise(node) || isKernel(node)) && !this.#inPlace.has(node)) this.#inPlace.set(node, variable);
    }
    this.#chooseHosts();
    for (const node of this.#order) if (isKernel(node) && !this.#isPart(node)) this.#emitKernel(node);
    for (const group of this.#fusion.groups) if (!this.#hosted.has(group)) this.#emitMap(group);
    const outputs = this.#emitOutputs();
    this.#emitUpdates();
    this.#emitChecks();
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
      plan: plan(waves, kept),
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

  /** A slice of leading rows is a part of its input's memory. */
  #isPart(node: Tensor): boolean {
    if (node.op !== sliceOp || this.#inPlace.has(node)) return false;
    const [x] = node.inputs;
    const sizes = node.attributes.sizes as readonly number[];
    const first = sizes.findIndex((size) => size !== 1);
    return sizes.every((size, axis) => axis <= first || size === x.shape[axis]) || first < 0;
  }

  #place(node: Tensor): Place {
    if (isView(node)) return this.#place(node.inputs[0]);
    if (this.#isPart(node)) {
      const [x] = node.inputs;
      const whole = this.#place(x);
      let elements = 0;
      (node.attributes.starts as readonly number[]).forEach((start, axis) => {
        elements += start * sizeOf(x.shape.slice(axis + 1));
      });
      return { storage: whole.storage, offset: whole.offset + elements * elementBytes[node.dtype] };
    }
    const known = this.#storages.get(node);
    if (known) return { storage: known, offset: 0 };
    const made = this.#makeStorage(node);
    this.#storages.set(node, made);
    if (node instanceof Input) this.#inputs.set(node.name, { tensor: node, place: { storage: made, offset: 0 } });
    return { storage: made, offset: 0 };
  }

  #makeStorage(node: Tensor): Storage {
    const { shape, dtype } = node;
    const label = node.label ?? node.op.name;
    if (node instanceof Variable) return storage(label, shape, { dtype, home: node });
    if (node instanceof Input) return this.#static(storage(label, shape, { dtype, home: "static" }));
    const value = constantValue(node);
    if (value !== undefined)
      return this.#static(storage(label, shape, { home: "static", data: Float32Array.of(value) }));
    if (node.op === literalOp)
      return this.#static(storage(label, shape, { home: "static", data: node.attributes.data as Float32Array }));
    return storage(label, shape, { dtype, home: this.#inPlace.get(node) ?? "scratch" });
  }

  /** Gives every group whose operands are ready in time to the product that it follows. */
  #chooseHosts(): void {
    const { groups, depth } = this.#fusion;
    for (const group of groups) {
      const size = sizeOf(group.shape);
      const candidates = group.operands
        .map(base)
        .filter((node) => takesEpilogue.has(node.op.name) && node.size === size && !this.#hosts.has(node))
        .sort((a, b) => (depth.get(b) as number) - (depth.get(a) as number));
      const host = candidates[0];
      if (!host || size === 0) continue;
      const at = depth.get(host) as number;
      if (group.operands.some((operand) => base(operand) !== host && (depth.get(base(operand)) as number) > at))
        continue;
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
    const rule = kernelRules[node.op.name];
    if (!rule) throw new Error(`${node.op.name}: no kernel rule`);
    const group = this.#hosts.get(node);
    rule({
      node,
      out: this.#place(node),
      place: (input) => this.#place(input),
      streamOf: (random) => this.#streamOf(random),
      clock: this.#clock,
      front: (input) => new MapRecord(input.shape, [{ node: input }], this.#records),
      plain: (place) => {
        const stand = new Tensor(literalOp, [], { shape: place.storage.shape, data: new Float32Array(0) });
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
    const outputs = new Map<string, CompiledOutput>();
    for (const [name, tensor] of Object.entries(this.source.outputs)) {
      const node = this.#equal(tensor);
      let place = this.#place(node);
      const bare = base(node);
      if (bare instanceof Variable && this.source.updates.has(bare)) {
        place = this.#aside(node); // the value before the update is asked for
      }
      outputs.set(name, { place, tensor });
    }
    return outputs;
  }

  /** Next values: written in place where nothing later needs the old value, else copied once everything has run. */
  #emitUpdates(): void {
    const { updates } = this.source;
    const copies: { readonly variable: Variable; readonly from: Place }[] = [];
    const later: Variable[] = [];
    for (const [variable, next] of updates) {
      const node = this.#equal(next);
      const bare = base(node);
      if (node === variable) continue;
      if (this.#inPlace.get(node) === variable) later.push(variable);
      else if (bare instanceof Variable && updates.has(bare)) copies.push({ variable, from: this.#aside(node) });
      else copies.push({ variable, from: this.#place(node) });
    }
    let waitsFor = dependencies(this.#commands);
    for (const variable of later) {
      const node = this.#equal(updates.get(variable) as Tensor);
      if (this.#orderInPlace(variable, node, waitsFor)) continue;
      copies.push({ variable, from: this.#place(node) });
      waitsFor = dependencies(this.#commands); // a place may be made by a command of its own
    }
    for (const { variable, from } of copies) {
      const target = storage(variable.name, variable.shape, { dtype: variable.dtype, home: variable });
      const readers = this.#commands.filter((command) => command.reads.some(({ home }) => home === variable));
      this.#emitCopy(variable.name, from, target).after.push(...readers);
    }
  }

  /** A copy of a variable's present value, which its own update would overwrite. */
  #aside(node: Tensor): Place {
    const aside = storage(`old ${node.label ?? node.op.name}`, node.shape, { dtype: node.dtype });
    this.#emitCopy(aside.label, this.#place(node), aside);
    return { storage: aside, offset: 0 };
  }

  /** Makes the writer of a next value wait for the readers of the old one; false where that closes a circle. */
  #orderInPlace(variable: Variable, node: Tensor, waitsFor: Map<Command, Set<Command>>): boolean {
    const next = this.#storages.get(node) as Storage;
    const old = this.#storages.get(variable);
    if (!old) return true;
    const writers = this.#commands.filter((command) => command.writes.includes(next));
    const readers = this.#commands.filter((command) => command.reads.includes(old));
    const safe = writers.every((writer) => {
      if (readers.includes(writer) && !writer.shares.some(([out, input]) => out === next && input === old))
        return false;
      const others = readers.filter((reader) => reader !== writer);
      return !anyWaits(others, writer, waitsFor);
    });
    if (!safe) {
      next.home = "scratch";
      return false;
    }
    for (const writer of writers) {
      for (const reader of readers) {
        if (reader === writer) continue;
        writer.after.push(reader);
        waitsFor.get(writer)?.add(reader);
      }
    }
    return true;
  }

  #emitChecks(): void {
    const { checks } = this.source;
    const places =
      checks === "all"
        ? this.#commands.flatMap((command) =>
            command.writes.filter(({ dtype }) => dtype === "f32").map((one) => ({ storage: one, offset: 0 })),
          )
        : checks.map((node) => this.#place(this.#equal(node)));
    for (const place of new Map(places.map((one) => [one.storage, one])).values()) {
      const count = sizeOf(place.storage.shape);
      this.#emit({
        opcode: Opcode.CheckFinite,
        label: place.storage.label,
        reads: [place.storage],
        writes: [],
        work: 0,
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
