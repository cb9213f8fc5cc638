/** A row of the table of cases: see `cases.ts`. */
import type { Group } from "#src/host/group";
import type { Shape } from "#src/graph/shape";
import type { DType } from "#src/graph/dtype";
import type { Tensor } from "#src/graph/tensor";
import type { CaseRandom, Domain } from "../case-random.js";

export interface CaseInput {
  readonly name: string;
  readonly shape: Shape;
  /** f32 where not given; only f32 inputs are differentiated. */
  readonly dtype?: DType;
  readonly domain: Domain;
}

export interface Built {
  readonly inputs: readonly CaseInput[];
  /** The graph under test, from the inputs in their order. */
  apply(tensors: readonly Tensor[]): Tensor;
  /** Arithmetic operations of one evaluation, where a rate makes sense. */
  readonly flops?: number;
}

export interface Case {
  readonly name: string;
  /** How often it is differentiated: 2 for whatever is smooth, 0 for whatever differentiation stops at. */
  readonly order: 0 | 1 | 2;
  /** How far an f32 kernel may be from the f64 reference, relative to the greater of 1 and the value. */
  readonly tolerance?: number;
  /** The group for which a program of the graph is compiled. */
  readonly group?: Group;
  build(random: CaseRandom): Built;
}
