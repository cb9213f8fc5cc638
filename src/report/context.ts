/** What the parts of a report are made from. */
import type { Dataset } from "../data/training-data.js";
import type { Runtime } from "../host/runtime.js";
import type { Family } from "../train/family.js";
import type { TrainedModel } from "../train/trained.js";

/** Data for the parts of a family. */
export interface ReportContext {
  readonly family: Family;
  readonly model: TrainedModel;
  readonly runtime: Runtime;
  readonly data: Dataset;
}
