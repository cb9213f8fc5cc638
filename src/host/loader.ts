/** What the kernels take of AssemblyScript's loader: a module of its own, so that bundlers leave out the rest of it. */
export { instantiateSync } from "@assemblyscript/loader";
