/** What one workload is. */
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";

export interface Workload {
  readonly name: string;
  /** What it is, for the table's reader. */
  readonly summary: string;
  /** One run of the program is one step; it takes no inputs. */
  compile(runtime: Runtime): Program;
}
