// Node, Deno, Bun, also as a bundle or an executable: two lanes, or an error. Nothing is awaited at the top, where CommonJS
// cannot.
import { createRuntime, datasets, gan, layers } from "genloom";
import { train } from "./train.js";

train({ createRuntime, datasets, gan, layers }, { threads: 2 }).then((report) => console.log(JSON.stringify(report)));
