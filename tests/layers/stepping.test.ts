/** Causal layers: one position after the other, a network computes what it computes of the whole sequence. */
import { describe, expect, test } from "vitest";
import { input } from "../../src/graph/tensor.js";
