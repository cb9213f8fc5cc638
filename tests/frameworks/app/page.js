// A page: the package by its name.
import { createRuntime, datasets, gan, layers } from "genloom";
import { report } from "./report.js";
import { train } from "./train.js";

report(() => train({ createRuntime, datasets, gan, layers }));
