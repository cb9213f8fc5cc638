/** The interface of a workload. */
import type { Group } from "../host/group.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";

export interface Workload {
  readonly name: string;
  /** Its description in tables. */
  readonly summary: string;
  /** Running the program once is one step; it takes no inputs. */
  compile(runtime: Runtime): Program;
}

/** How a training that is timed differs from its workload. */
export interface TrainingSize {
  readonly steps: number;
  /** Records of a batch, of all ranks; default: the workload's. */
  readonly batchSize?: number;
  /** The ranks that train together. */
  readonly group?: Group;
}
