/** Where the values of a graph's nodes are stored while a program runs. */
import { type Place, type Storage, storage } from "../graph/storage.js";
import { elementBytes } from "../graph/dtype.js";
import { Input, type Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";
import { isElementwise, isKernel, isView } from "./fuse.js";

export interface StorageOptions {
  /** False: every node has its own memory, also one that could share that of its input. */
  readonly fuses: boolean;
  /** Collects the program's static storages. */
  readonly statics: Storage[];
}

/** The storages of one graph: a program's, or that of a loop's body. */
export class Storages {
  /** The inputs that have a storage, by name. */
  readonly inputs = new Map<string, { tensor: Input; place: Place }>();
  readonly #storages: Map<Tensor, Storage>;
  /** Nodes whose values are written to a storage given by `aim`. */
  readonly #aims = new Map<Tensor, Storage>();
  readonly #parts = new Map<Tensor, readonly Storage[]>();

  /** @param given storages of a body's inputs */
  constructor(
    private readonly options: StorageOptions,
    given: ReadonlyMap<Tensor, Storage>,
  ) {
    this.#storages = new Map(given);
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
    if (!this.options.fuses || !(isElementwise(node) || isKernel(node)) || this.#storages.has(node)) return false;
    this.#storages.set(node, target);
    this.#aims.set(node, target);
    return true;
  }

  /** Whether `aim` assigned this storage to the node. */
  aimed(node: Tensor, target: Storage): boolean {
    return this.#aims.get(node) === target;
  }

  /** Whether a node's own command writes its value, to a storage that `aim` did not assign. */
  isMovable(node: Tensor): boolean {
    const computed = isElementwise(node) || isKernel(node);
    return this.options.fuses && computed && this.aliasOf(node) === undefined && !this.#aims.has(node);
  }

  /** The index in its input at which a node's result lies; undefined if the node has its own memory. */
  aliasOf(node: Tensor): number | undefined {
    return this.options.fuses && !this.#aims.has(node) ? node.op.alias?.(node) : undefined;
  }

  place(node: Tensor): Place {
    if (isView(node) && this.options.fuses) return this.place(node.inputs[0]);
    const element = this.aliasOf(node);
    if (element !== undefined) {
      const whole = this.place(node.inputs[0]);
      return { storage: whole.storage, offset: whole.offset + element * elementBytes[node.dtype] };
    }
    return { storage: this.of(node), offset: 0 };
  }

  /** The storage of a node that has its own memory. */
  of(node: Tensor): Storage {
    const known = this.#storages.get(node);
    if (known) return known;
    const made = this.#make(node);
    this.#storages.set(node, made);
    if (node instanceof Input) this.inputs.set(node.name, { tensor: node, place: { storage: made, offset: 0 } });
    return made;
  }

  /** The storages of a node's results, if it has several. */
  partsOf(node: Tensor): readonly Storage[] {
    const { lowering } = node.op;
    const make = lowering.kind === "kernel" ? lowering.parts : undefined;
    const parts = this.#parts.get(node) ?? make?.(node) ?? [];
    this.#parts.set(node, parts);
    return parts;
  }

  #make(node: Tensor): Storage {
    const { shape, dtype } = node;
    const label = node.label ?? node.op.name;
    if (node.op.lowering.kind === "part") return this.partsOf(node.inputs[0])[node.attributes.index as number];
    if (node instanceof Variable) return storage(label, shape, { dtype, home: node });
    if (node instanceof Input) return this.#static(storage(label, shape, { dtype, home: "static" }));
    const { lowering } = node.op;
    const data = lowering.kind === "leaf" ? lowering.data?.(node) : undefined;
    if (data) return this.#static(storage(label, shape, { dtype, home: "static", data }));
    return storage(label, shape, { dtype });
  }

  #static(made: Storage): Storage {
    this.options.statics.push(made);
    return made;
  }
}
