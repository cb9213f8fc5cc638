/** The exports of every family, loaded when the first model is exported. */
import type { Exporter } from "../train/trained.js";

/** The exports. */
export const exporter = (): Promise<Exporter> => import("../export/formats.js");
