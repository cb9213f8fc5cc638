// A vitest reporter that lists the skipped tests at the end, so that a skipped test does not look like a passed one.

/** @typedef {import("vitest/node").TestModule} TestModule */

export default class SkippedReporter {
  /** @param {ReadonlyArray<TestModule>} modules */
  onTestRunEnd(modules) {
    const lines = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map((test) => {
        const result = test.result();
        const note = result.state === "skipped" && result.note ? `: ${result.note}` : "";
        return `  ${module.relativeModuleId} > ${test.fullName}${note}\n`;
      }),
    );
    if (lines.length > 0) process.stdout.write(`Skipped, ${lines.length}:\n${lines.join("")}\n`);
  }
}
