/**
 * Compiles a graph to waves of commands over planned memory:
 * simplify -> fuse -> emit commands -> update variables in place where that is safe -> set invariant commands apart ->
 * schedule -> plan.
 *
 * With `fuse: false` every node gets its own command and its own memory, and nothing is simplified or updated in place:
 * an independent check of these steps. Both forms use the same kernels.
 */
import { Opcode } from "../../assembly/opcode.js";
import { topologicalOrder } from "../graph/order.js";
import { assignStreams } from "../graph/reference.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Input, Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";
import { Emitter } from "./emitter.js";
import type { Wave } from "./encode.js";
import { writesInPlace } from "./in-place.js";
import { findInvariant, type Invariant } from "./invariant.js";
import { type Plan, plan, planApart } from "./plan.js";
import { dependencies, schedule } from "./schedule.js";
import { type Place, rootOf, type Storage, storage } from "../graph/storage.js";
import type { Command } from "../graph/command.js";
import type { Rows } from "../graph/draws.js";

export interface Source {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly updates: ReadonlyMap<Variable, Tensor>;
  /** Stream of the first random node, or a stream for each node. */
  readonly streams: number | ReadonlyMap<Tensor, number>;
  /** Tensors that must stay finite: the program stops if a value is not. `all` checks the results of every command. */
  readonly checks: readonly Tensor[] | "all";
  /** False: every node gets its own command and its own memory. */
  readonly fuse?: boolean;
  /** The program's rows of a block: see `ProgramOptions`. */
  readonly rows?: Rows | undefined;
}

export interface CompiledOutput {
  readonly place: Place;
  readonly tensor: Tensor;
}

/** A compiled program, without addresses. */
export interface Compiled {
  /** All commands. Those that need not run in every step come first: see `invariant`. */
  readonly waves: readonly Wave[];
  readonly invariant: (Invariant & { readonly waves: number }) | undefined;
  readonly plan: Plan;
  readonly inputs: ReadonlyMap<string, { readonly tensor: Input; readonly place: Place }>;
  readonly outputs: ReadonlyMap<string, CompiledOutput>;
  readonly statics: readonly Storage[];
  readonly clock: Place;
  readonly variables: readonly Variable[];
  /** Those of the variables that the program writes. */
  readonly updated: readonly Variable[];
}

/** Compiles outputs and updates. Throws RangeError if an update does not fit its variable. */
export function compile(source: Source): Compiled {
  return new Compiler(source).run();
}

class Compiler {
  readonly #statics: Storage[] = [];
  readonly #clock: Place;
  readonly #emitter: Emitter;
  readonly #fuses: boolean;

  constructor(private readonly source: Source) {
    const { outputs, updates, streams, checks, fuse = true, rows } = source;
    for (const [variable, next] of updates) {
      if (!sameShape(variable.shape, next.shape) || variable.dtype !== next.dtype) {
        throw new RangeError(
          `update of ${variable.name}: the value must be ${variable.dtype} ${shapeText(variable.shape)}, found ${next.dtype} ${shapeText(next.shape)}`,
        );
      }
    }
    const asked = [...Object.values(outputs), ...updates.values(), ...(checks === "all" ? [] : checks)];
    const clock = storage("clock", [4], { dtype: "i32", home: "static" });
    this.#statics.push(clock);
    this.#clock = { storage: clock, offset: 0 };
    this.#fuses = fuse;
    this.#emitter = new Emitter(asked, {
      fuses: fuse,
      checksAll: checks === "all",
      streams: typeof streams === "number" ? assignStreams(topologicalOrder(asked), streams) : streams,
      clock: this.#clock,
      statics: this.#statics,
      rows,
    });
  }

  run(): Compiled {
    const emitter = this.#emitter;
    const { checks, updates } = this.source;
    for (const [variable, next] of updates) {
      const node = emitter.equal(next);
      const { label, op, shape, dtype } = node;
      emitter.storages.aim(node, storage(label ?? op.name, shape, { dtype, home: variable }));
    }
    emitter.emitAll();
    const outputs = this.#emitOutputs();
    if (checks !== "all")
      emitter.emitChecks(
        checks.map((node) => ({ place: emitter.storages.place(emitter.equal(node)), count: node.size })),
      );
    this.#emitUpdates();
    if (checks === "all") emitter.emitChecks(emitter.written());
    this.#emitTick();
    const kept = new Set([...outputs.values()].map(({ place }) => place.storage));
    const invariant = this.#fuses ? findInvariant(emitter.commands, kept) : undefined;
    if (invariant) this.#statics.push(invariant.kept);
    const first = schedule(emitter.commands.filter((command) => invariant?.commands.has(command)));
    const waves = [...first, ...schedule(emitter.commands.filter((command) => !invariant?.commands.has(command)))];
    const variables = new Set<Variable>(updates.keys());
    const used = emitter.commands.flatMap(({ reads, writes }) => [...reads, ...writes]);
    for (const one of [...used, ...kept]) {
      const { home } = rootOf(one);
      if (home instanceof Variable) variables.add(home);
    }
    return {
      waves,
      invariant: invariant && { ...invariant, waves: first.length },
      plan: this.#fuses ? plan(waves, kept) : planApart(waves),
      inputs: emitter.storages.inputs,
      outputs,
      statics: this.#statics,
      clock: this.#clock,
      variables: [...variables],
      updated: [...updates.keys()],
    };
  }

  #emitOutputs(): Map<string, CompiledOutput> {
    return new Map(
      Object.entries(this.source.outputs).map(([name, tensor]) => [
        name,
        { place: this.#lasting(this.#emitter.equal(tensor)), tensor },
      ]),
    );
  }

  /**
   * Next values of variables: written in place if that is safe, otherwise copied after all commands that read the old
   * value.
   */
  #emitUpdates(): void {
    const emitter = this.#emitter;
    const { updates } = this.source;
    const inPlace: { variable: Variable; next: Storage }[] = [];
    const copies = new Map<Variable, Command>();
    const copyTo = (variable: Variable, from: Place) => {
      const target = storage(variable.name, variable.shape, { dtype: variable.dtype, home: variable });
      copies.set(variable, emitter.emitCopy(variable.name, from, target));
    };
    for (const [variable, value] of updates) {
      const node = emitter.equal(value);
      if (node === variable) continue;
      const next = emitter.storages.known(node);
      if (next && emitter.storages.aimed(node, next) && next.home === variable) inPlace.push({ variable, next });
      else copyTo(variable, this.#lasting(node));
    }
    // All commands that read an old value have been emitted by now.
    const waitsFor = dependencies(emitter.commands);
    for (const { variable, next } of inPlace) {
      const value = { old: emitter.storages.known(variable), next };
      if (!writesInPlace(value, emitter.commands, waitsFor)) copyTo(variable, { storage: next, offset: 0 });
    }
    for (const [variable, copy] of copies) {
      const old = emitter.storages.known(variable);
      if (old) copy.after.push(...emitter.commands.filter((command) => command.reads.includes(old)));
    }
  }

  /**
   * Memory that keeps a node's value until the program ends. The value of a variable that this program updates is
   * copied aside.
   */
  #lasting(node: Tensor): Place {
    const place = this.#emitter.storages.place(node);
    const { home } = place.storage;
    if (!(home instanceof Variable)) return place;
    if (!this.source.updates.has(home) || this.#emitter.storages.known(home) !== place.storage) return place;
    const aside = storage(`old ${node.label ?? node.op.name}`, node.shape, { dtype: node.dtype });
    this.#emitter.emitCopy(aside.label, place, aside);
    return { storage: aside, offset: 0 };
  }

  #emitTick(): void {
    const clock = this.#clock;
    this.#emitter
      .emit({
        opcode: Opcode.Tick,
        label: "tick",
        reads: [],
        writes: [],
        work: 0,
        words: (writer) => writer.place(clock),
      })
      .after.push(...this.#emitter.commands.slice(0, -1));
  }
}
