// Node, Deno, Bun: the package by its name.
import { createRuntime, datasets, gan, layers } from "genloom";
import { train } from "./train.js";

console.log(JSON.stringify(await train({ createRuntime, datasets, gan, layers })));
