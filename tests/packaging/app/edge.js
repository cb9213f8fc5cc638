// An edge worker: the package by its name, which the condition `workerd` leads to the edge binding.
import { createRuntime, datasets, gan, layers } from "genloom";
import { train } from "./train.js";

export default {
  async fetch() {
    try {
      return Response.json(await train({ createRuntime, datasets, gan, layers }));
    } catch (error) {
      return Response.json({ error: `${error.message}\n${error.stack}` });
    }
  },
};
