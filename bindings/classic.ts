/** The module `genloom/single` as the global variable `genloom`, for pages that load scripts without modules. */
import * as genloom from "./single.js";

Object.assign(globalThis, { genloom });
