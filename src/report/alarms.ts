/** Parts of the report about alarms: what went wrong and when, and the curves of the signals. */
import { escapeHtml } from "../export/escape-html.js";
import type { AlarmRecord } from "../train/alarms.js";
import type { HistoryEntry } from "../train/checkpoint.js";
import { curvePart, type ReportPart } from "./page.js";

/** What went wrong in a training, and what to do. */
export function alarmPart(alarms: readonly AlarmRecord[]): ReportPart {
  const rows = alarms.map(({ name, step, until, message, hint }) => {
    const when = until > step ? `steps ${step} to ${until}` : `step ${step}`;
    return `<tr><th scope="row">${escapeHtml(name)}<br>${when}</th><td>${escapeHtml(message)}<br>${escapeHtml(hint)}</td></tr>`;
  });
  return { title: "Alarms", html: `<div class="scroll"><table>${rows.join("\n")}</table></div>` };
}

/** Curves of the signals in a history, one chart for each: their scales differ. */
export function signalPart(history: readonly HistoryEntry[]): ReportPart {
  const names = [...new Set(history.flatMap(({ signals = {} }) => Object.keys(signals)))];
  const charts = names.map((name) => {
    const entries = history.flatMap(({ step, signals }) =>
      signals ? [{ step, numbers: { [name]: signals[name] } }] : [],
    );
    return curvePart(name, entries).html;
  });
  return { title: "Signals", html: charts.join("\n") };
}
