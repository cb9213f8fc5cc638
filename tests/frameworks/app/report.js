// A page's report: what the training gave, or its error, posted to the address that the page was opened with.

/** @param {() => Promise<object>} task */
export async function report(task) {
  let found;
  try {
    found = await task();
  } catch (error) {
    found = { error: `${error.message}\n${error.stack}`, code: error.code, hint: error.hint };
  }
  const address = new URLSearchParams(location.search).get("report");
  // The page may be of another origin, even of none.
  await fetch(address, { method: "POST", mode: "no-cors", body: JSON.stringify(found) });
}
