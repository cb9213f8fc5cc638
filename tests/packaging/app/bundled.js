// A page for bundlers: the package by its name, nothing configured.
import { createRuntime, datasets, gan, layers } from "genloom";
import { report } from "./report.js";
import { train } from "./train.js";

report(() => train({ createRuntime, datasets, gan, layers }));
