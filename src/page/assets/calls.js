"use strict";
// The calls to AWS. They are fetched once and kept here, so that a filter finds
// early ones too.

const KEPT = 5000, ROWS = 200;
// Calls that only look whether anything has changed.
const POLLS = new RegExp(`:(${[
  "PollForJobs", "GetJobDetails", "(Batch)?GetDeployments?", "(Batch)?GetDeploymentTargets?", "ListDeployments", "ListDeploymentTargets",
  "ListServiceDeployments", "DescribeServiceDeployments", "DescribeServiceRevisions", "DescribeServices",
  "ListTasks", "DescribeTasks", "DescribeAlarms", "DescribeTargetHealth", "ListObjectsV2",
].join("|")})$`);
const log = { seen: 0, written: 0, calls: [], counts: {} };
let wanted = "", withPolls = false, at = time;

async function ask(name) {
  const answer = await fetch(name, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function pull() {
  for (let more = true; more;) {
    const { written, calls, counts } = await ask(`calls.json?after=${log.seen}`);
    // A process that knows fewer calls than were seen has started again.
    const anew = written < log.seen;
    if (anew) Object.assign(log, { seen: 0, calls: [] });
    else if (calls.length) log.seen = calls[calls.length - 1].sequence;
    if (!anew) log.calls = log.calls.concat(calls).slice(-KEPT);
    Object.assign(log, { written, counts });
    more = anew || (calls.length > 0 && log.seen < written);
  }
}

function ledger(view) {
  at = view.kind === "worker" ? clock : time;
  if (!$("ledger-filter")) {
    const filter = el("input", { type: "search", id: "ledger-filter", placeholder: "such as ecs", "aria-label": "Show calls with" });
    filter.addEventListener("input", () => { wanted = filter.value.trim().toLowerCase(); showCalls(); });
    const polls = el("input", { type: "checkbox", id: "ledger-polls", "aria-label": "Show polls too" });
    polls.addEventListener("change", () => { withPolls = polls.checked; showCalls(); });
    $("ledger-body").append(el("details", { id: "ledger-fold" }, el("summary", { id: "ledger-count" }),
      el("div", { class: "row" }, el("span", { class: "grow", id: "ledger-shown" }), el("label", {}, polls, " polls too"), filter),
      el("div", { class: "scroll tall", id: "ledger-calls", tabindex: 0, role: "region", "aria-label": "Calls, newest first" }),
      el("details", {}, el("summary", { text: "Counted by operation" }), el("div", { class: "scroll", id: "ledger-counts" }))));
  }
  showCalls();
}

const isPoll = (call) => !call.is_error && POLLS.test(call.name);
function showCalls() {
  const errors = log.calls.filter((call) => call.is_error).length;
  show("ledger-count", [log.written, errors], () => [`${log.written} calls${errors ? `, ${errors} with an error` : ""}`]);
  show("ledger-calls", [log.written, wanted, withPolls], () => {
    // A filter searches everything.
    const hits = wanted ? log.calls.filter((call) => `${call.name} ${call.outcome}`.toLowerCase().includes(wanted))
      : log.calls.filter((call) => withPolls || !isPoll(call));
    const rows = hits.slice(-ROWS).reverse();
    const hidden = wanted || withPolls ? 0 : log.calls.length - hits.length;
    $("ledger-shown").textContent = [
      wanted ? `${hits.length} with “${wanted}”` : "", hidden ? `${hidden} polls are hidden` : "",
      rows.length < hits.length ? `the latest ${rows.length} are shown` : "",
    ].filter(Boolean).join(", ");
    return [table(["#", "Time", "Call", "Outcome"], rows.map((call) => el("tr", { class: call.is_error ? "bad" : null },
      el("td", { class: "n", text: call.sequence }), el("td", { class: "time", text: at(call.at) }), el("td", { text: call.name }), el("td", { text: call.outcome }))))];
  });
  show("ledger-counts", log.counts, (counts) => [table(["Operation", "Calls"], Object.entries(counts)
    .sort((a, b) => b[1] - a[1]).map(([name, count]) => el("tr", {}, el("td", { text: name }), el("td", { text: count }))))]);
}
