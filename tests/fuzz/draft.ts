/** A recipe in the making: the steps so far, the tensors that they make, and the choice among them. */
import { bodyOf } from "#src/graph/body";
import { Input, type Tensor } from "#src/graph/tensor";
import type { DType } from "#src/graph/dtype";
import { type Shape, sizeOf } from "#src/graph/shape";
import type { CaseRandom } from "../case-random.js";
import { makeSteps } from "./graph.js";
import { type Argument, isLeaf, numberArgument, refsOf, type Step } from "./recipe.js";
import { type Domain, specials } from "./values.js";

/** How large a program's tensors are: lengths around the lanes of a vector, the tiles and the blocks of the kernels. */
export interface SizeClass {
  readonly name: string;
  readonly weight: number;
  readonly lengths: readonly number[];
  /** Most elements of a tensor, and most products of a matrix product or convolution. */
  readonly most: number;
  readonly products: number;
  readonly steps: readonly [number, number];
}

const few = [1, 1, 2, 3, 4];

export const sizeClasses: readonly SizeClass[] = [
  {
    name: "tiny",
    weight: 50,
    lengths: [0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9],
    most: 600,
    products: 20_000,
    steps: [3, 24],
  },
  {
    name: "small",
    weight: 34,
    lengths: [...few, 8, 15, 16, 17, 31, 32, 33],
    most: 2_500,
    products: 60_000,
    steps: [3, 14],
  },
  {
    name: "medium",
    weight: 11,
    lengths: [...few, 16, 63, 64, 65, 127, 128, 129],
    most: 17_000,
    products: 2_600_000,
    steps: [2, 9],
  },
  {
    name: "large",
    weight: 4,
    lengths: [...few, 17, 64, 255, 256, 257, 1023, 1024, 1025],
    most: 40_000,
    products: 17_000_000,
    steps: [2, 6],
  },
  {
    name: "huge",
    weight: 1,
    lengths: [1, 2, 3, 16383, 16384, 16385],
    most: 50_000,
    products: 17_000_000,
    steps: [2, 5],
  },
];

export function weighted<T extends { readonly weight: number }>(random: CaseRandom, list: readonly T[]): T {
  let at = random.uniform(
    0,
    list.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const one of list) {
    at -= one.weight;
    if (at < 0) return one;
  }
  return list[list.length - 1];
}

/** Products that a node sums. */
function productsOf({ op, inputs, shape, size }: Tensor): number {
  if (op.name === "matmul") return size * Math.max(...inputs[0].shape.slice(-2));
  if (op.name === "conv2dWeightGradient") return size * sizeOf(inputs[1].shape.slice(0, 3));
  return op.name.startsWith("conv2d") ? sizeOf(inputs[1].shape) * sizeOf(shape.slice(0, 3)) : 0;
}

/** A leaf would be too large for the program: the draw that asked for it gives up. */
export class NoRoom extends Error {}

export interface Wanted {
  readonly dtype?: DType;
  readonly rank?: number;
  readonly minRank?: number;
  readonly fits?: (tensor: Tensor, step: Step) => boolean;
}

/** A loop whose body is being drawn. */
interface Open {
  readonly loop: number;
  readonly length: number;
}

export class Draft {
  readonly steps: Step[] = [];
  /** Of each step; within a loop that is being drawn its stand-ins and what is made of them, of its first step nothing. */
  readonly tensors: Tensor[] = [];
  /** What this program's steps are drawn from. */
  chosen: readonly { readonly weight: number; draw(draft: Draft): number | undefined }[] = [];
  readonly open: Open[] = [];
  /** Steps that nothing may take: those of loops that have ended. */
  readonly #hidden = new Set<number>();
  readonly #nodes = new Set<Tensor>();
  readonly size: SizeClass;
  /** Shapes that this program's leaves have. */
  readonly palette: readonly Shape[];

  constructor(readonly random: CaseRandom) {
    this.size = weighted(random, sizeClasses);
    this.palette = this.#palette();
  }

  length(): number {
    return this.random.pick(this.size.lengths);
  }

  #palette(): Shape[] {
    const { random } = this;
    const [a, b] = [this.length(), this.length()];
    const kind = random.pick([
      "vector",
      "vector",
      "matrix",
      "matrix",
      "square",
      "images",
      "batches",
      "scalar",
    ] as const);
    const sides = { tiny: [1, 2, 3, 4, 5], small: [2, 4, 7, 8, 12, 16], medium: [8, 16, 17, 32, 32, 33] };
    const small = sides[this.size.name as keyof typeof sides] ?? [16, 31, 32, 33];
    const channels = random.pick(this.size.name === "tiny" ? [1, 2, 3, 4] : [1, 3, 4, 8, 16, 17]);
    const shapes: Record<typeof kind, readonly Shape[]> = {
      vector: [[a], [a], [a], [1], []],
      matrix: [[a, b], [a, b], [a, b], [b], [a, 1], [1, b], [b, a], []],
      square: [[a, a], [a, a], [a, a], [a], [a, 1], [1, 1]],
      images: (() => {
        const image = [random.pick([0, 1, 1, 2, 3]), random.pick(small), random.pick(small), channels];
        return [image, image, image, [channels], [image[0], 1, 1, channels], []];
      })(),
      batches: (() => {
        const batch = random.pick([1, 2, 3]);
        return [[batch, a, b], [batch, a, b], [batch, b, a], [a, b], [b], [batch, 1, 1]];
      })(),
      scalar: [[], [], [1], [1, 1], [2]],
    };
    const fitting = shapes[kind].filter((shape) => sizeOf(shape) <= this.size.most);
    return fitting.length > 0 ? fitting : [[a], [1]];
  }

  /** Adds a step if it can be made and is not too much work; its number. */
  add(call: string, ...args: Argument[]): number | undefined {
    const at = this.steps.length;
    const step = { call, args };
    // Only `end` and `result` name a loop, which no draw may take.
    if (call !== "scan" && call !== "result" && refsOf(step).some((t) => !this.visible(t)))
      throw new Error(`draft: ${call} takes a step of a loop that has ended`);
    this.steps.push(step);
    const made = [...this.tensors];
    try {
      // A loop is made from its first step on, in place of the stand-ins that it was drawn with.
      const from = call === "scan" ? (args[0] as { t: number }).t : at;
      makeSteps(this.steps, [from, at + 1], made, (name, shape, dtype) => new Input(name, shape, dtype));
      if (this.#affords(made[at])) {
        this.tensors.push(made[at]);
        return at;
      }
    } catch (error) {
      // What a user may not write is no program.
      if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    }
    this.steps.pop();
    return undefined;
  }

  /** Begins a loop; its number. */
  begin(length: number, reverse: boolean): number {
    const loop = this.steps.length;
    this.steps.push({ call: "loop", args: [{ length, reverse }] });
    this.tensors.length = this.steps.length;
    this.#hidden.add(loop);
    this.open.push({ loop, length });
    return loop;
  }

  /** What stands for a carry with this first value, or for a row of this sequence, within the loop. */
  stand(call: "carry" | "row", loop: number, of: number): number {
    const { shape, dtype } = this.tensors[of];
    this.steps.push({ call, args: [ref(loop), ref(of)] });
    this.tensors.push(new Input(call, call === "row" ? shape.slice(1) : shape, dtype));
    return this.steps.length - 1;
  }

  /** Ends the loop; the number of its `scan`. */
  end(carries: readonly (readonly [carry: number, next: number])[], outputs: readonly number[]): number | undefined {
    const { loop } = this.open[this.open.length - 1];
    const scan = this.add(
      "scan",
      ref(loop),
      carries.map((pair) => pair.map(ref)),
      outputs.map(ref),
    );
    if (scan === undefined) return undefined;
    this.open.pop();
    for (let t = loop; t <= scan; t++) if (!isLeaf(this.steps[t])) this.#hidden.add(t);
    return scan;
  }

  /** Takes back all steps of a loop that came to nothing, and those of its body. */
  takeBack(loop: number): void {
    this.steps.length = loop;
    this.tensors.length = loop;
    for (const t of [...this.#hidden]) if (t >= loop) this.#hidden.delete(t);
    while (this.open.some((one) => one.loop >= loop)) this.open.pop();
  }

  visible(t: number): boolean {
    return !this.#hidden.has(t);
  }

  /** Whether the nodes that a call has added are small enough, and their products few enough in all iterations together. */
  #affords(made: Tensor): boolean {
    const length = this.open.reduce((all, one) => all * Math.max(1, one.length), 1);
    const fresh: Tensor[] = [];
    const open = [made];
    for (let node = open.pop(); node; node = open.pop()) {
      if (this.#nodes.has(node) || fresh.includes(node)) continue;
      fresh.push(node);
      open.push(...node.inputs, ...(bodyOf(node)?.results ?? []));
    }
    const small = fresh.every((node) => node.size <= this.size.most * (bodyOf(node) ? 8 : 1));
    if (!small || length * fresh.reduce((sum, node) => sum + productsOf(node), 0) > this.size.products) return false;
    for (const node of fresh) this.#nodes.add(node);
    return true;
  }

  leaf(shape: Shape, dtype: DType = "f32", domain: Domain = this.domain(dtype)): number {
    const kinds =
      dtype === "f32"
        ? (["input", "input", "variable", "variable", "literal"] as const)
        : (["input", "variable"] as const);
    // Before its values are drawn: they would be hundreds of millions.
    if (sizeOf(shape) > this.size.most) throw new NoRoom();
    const t = this.add(this.random.pick(kinds), [...shape], dtype, domain, this.random.integer(0, 99_999));
    if (t === undefined) throw new NoRoom();
    return t;
  }

  domain(dtype: DType): Domain {
    if (dtype === "u8") return "bytes";
    if (dtype === "i32") return this.random.pick(["index", "index", "integers"] as const);
    return this.random.pick([
      "real",
      "real",
      "real",
      "real",
      "coarse",
      "coarse",
      "positive",
      "unit",
      "condition",
      "magnitudes",
      "special",
    ] as const);
  }

  /** A number to compute with: mostly ordinary, else special. */
  number(): Argument {
    const { random } = this;
    if (random.chance(0.1)) return numberArgument(random.pick(specials));
    return numberArgument(random.pick([0, 1, -1, 2, 0.5, -0.5, 3, 0.1, 1e-3, -1.7, Math.fround(random.normal())]));
  }

  /** The number of some tensor that fits, later ones more often; one of three times any of them. */
  pick({ dtype = "f32", rank, minRank = 0, fits = () => true }: Wanted = {}): number | undefined {
    const list = this.tensors.flatMap((tensor, t) =>
      this.visible(t) &&
      tensor.dtype === dtype &&
      (rank === undefined || tensor.rank === rank) &&
      tensor.rank >= minRank &&
      fits(tensor, this.steps[t])
        ? [t]
        : [],
    );
    if (list.length === 0) return undefined;
    if (this.random.chance(1 / 3)) return this.random.pick(list);
    const back = Math.floor(this.random.uniform() ** 2 * Math.min(list.length, 8));
    return list[list.length - 1 - back];
  }

  /** A tensor that is there, or a new leaf. */
  some(wanted: Wanted = {}): number {
    return this.pick(wanted) ?? this.leaf(this.random.pick(this.palette));
  }

  shape(t: number): Shape {
    return this.tensors[t].shape;
  }

  /** Whether a step's tensor is an intermediate. */
  computed(t: number): boolean {
    return !isLeaf(this.steps[t]);
  }
}

/** Whether a row could be drawn. */
export function drawn(d: Draft, row: { draw(draft: Draft): number | undefined }): boolean {
  try {
    return row.draw(d) !== undefined;
  } catch (error) {
    if (error instanceof NoRoom) return false;
    throw error;
  }
}

export const ref = (t: number) => ({ t });
