/** Plans of layers' rows: which layer is applied to which values. */
import type * as L from "#src/layers/index";
import type { DType } from "#src/graph/dtype";
import type { Shape } from "#src/graph/shape";
import type { CaseRandom, Domain } from "../case-random.js";

export interface Application {
  readonly layer: L.Layer;
  readonly shape: Shape;
  readonly domain?: Domain;
  readonly dtype?: DType;
  readonly training?: boolean;
  /** Number of classes, if the layer is applied with labels, which are then another input. */
  readonly classes?: number;
  /** Whether the labels are weights of all classes, f32 [batch, classes], in place of a class for each record. */
  readonly several?: boolean;
  /** Tokens before each position, if the layer reads them, which are then another input: [batch, positions]. */
  readonly tokens?: { readonly positions: number; readonly vocabulary: number };
  /** Values of variables where small numbers of any sign would be wrong, by the variable's last name. */
  readonly values?: Readonly<Record<string, Domain>>;
}

export interface LayerPlan {
  readonly name: string;
  readonly tolerance: number;
  plan(random: CaseRandom): Application;
}
