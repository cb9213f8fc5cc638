// A vitest reporter that lists the skipped tests at the end, so that a skipped test does not look like a passed one. Of a
// file with many, only the first few are named.

/** @typedef {import("vitest/node").TestModule} TestModule */

const named = 5;

export default class SkippedReporter {
  /** @param {ReadonlyArray<TestModule>} modules */
  onTestRunEnd(modules) {
    let count = 0;
    let text = "";
    for (const module of modules) {
      const skipped = [...module.children.allTests("skipped")];
      count += skipped.length;
      for (const test of skipped.slice(0, named)) {
        const result = test.result();
        const note = result.state === "skipped" && result.note ? `: ${result.note}` : "";
        text += `  ${module.relativeModuleId} > ${test.fullName}${note}\n`;
      }
      if (skipped.length > named) text += `  ${module.relativeModuleId} > ${skipped.length - named} more\n`;
    }
    if (count > 0) process.stdout.write(`Skipped, ${count}:\n${text}\n`);
  }
}
