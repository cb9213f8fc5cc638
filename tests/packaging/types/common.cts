/** A library of CommonJS modules on genloom: without declarations of their own it would be TS1479. */
import files = require("genloom/files");
import genloom = require("genloom");
import sequences = require("genloom/sequences");
import tables = require("genloom/tables");
import type types = require("genloom/types");

const { layers: L } = genloom;
const model = genloom.gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
const results: types.TrainResult[] = [];

export = {
  model,
  results,
  sequences,
  train: (runtime: genloom.Runtime) => model.train(runtime, genloom.datasets.ring(), { steps: 1 }),
  rows: (bytes: Uint8Array) => tables.readTable(bytes, { name: "people.csv" }),
  load: (path: string) => files.loadDataset(path),
};
