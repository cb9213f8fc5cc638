/** The interface of a workload. */
import type { Program } from "../program.js";
import type { Runtime } from "../runtime.js";

export interface Workload {
  readonly name: string;
  /** Its description in tables. */
  readonly summary: string;
  /** Running the program once is one step; it takes no inputs. */
  compile(runtime: Runtime): Program;
}
