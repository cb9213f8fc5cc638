// Node: the package from CommonJS.
const genloom = require("genloom");
const { train } = require("./train.js");

train(genloom).then((report) => console.log(JSON.stringify(report)));
