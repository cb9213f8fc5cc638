/** The interface of a workload. */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";

export interface Workload {
  readonly name: string;
  /** Its description in tables. */
  readonly summary: string;
  /** Running the program once is one step; it takes no inputs. */
  compile(runtime: Runtime): Program;
}
