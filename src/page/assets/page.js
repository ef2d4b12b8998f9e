"use strict";
// Asks for the view again and again, and shows it.

const INTERVAL = 500;

function header(view) {
  document.title = view.title;
  $("title").textContent = view.title;
  $("outlook").textContent = view.outlook;
  $("main").className = view.kind === "worker" ? "single" : "";
  const facts = [["Time", view.kind === "worker" ? clock(view.now) : time(view.now)]];
  if (view.kind === "worker") facts.push(["In hand", view.actions.length]);
  if (view.speed) facts.push(["Speed", `${view.speed} ×`]);
  show("facts", facts, (rows) => rows.map(([name, value]) => labelled(name, String(value))));
  const action = view.kind === "rehearsal" ? view.actions[0] : null;
  show("verdict", action ? action.status : "", (status) => status ? [chip(status)] : []);
}

// The parts of a failure's message: what matters first, the evidence folded.
function failed(key, failure, cause) {
  const evidence = failure.evidence;
  return [
    cause ? el("p", { class: "cause", text: failure.cause }) : null,
    el("div", { class: "places" }, lines(failure.places)),
    failure.remedy.length ? el("div", { class: "remedy" }, el("h3", { text: "What to do" }), lines(failure.remedy)) : null,
    el("p", { class: "empty", text: `Failure type ${failure.kind}` }),
    evidence.length ? fold(`${key}-evidence`, `Evidence (${evidence.length})`, el("pre", { class: "words bad", text: evidence.join("\n") })) : null,
  ];
}

// What a person must do, so that a deployment that waits goes on.
function banner(waiting) {
  return el("div", { class: "banner" },
    waiting.key ? el("p", {}, "Press ", el("kbd", { text: waiting.key }), " in the terminal to continue the deployment.") : null,
    waiting.command ? [el("p", { text: waiting.key ? "On AWS, this command continues it:" : "This command continues it on AWS:" }),
      el("pre", { class: "words command", text: waiting.command })] : null);
}

function state(view) {
  $("state").className = `wide ${view.state.tone}`;
  show("sentence", [view.state.tone, view.state.sentence], ([tone, words]) => [
    el("span", { class: "mark", "aria-hidden": true, text: MARKS[tone] }), el("span", { text: words })]);
  show("state-more", [view.state.failure, view.state.waiting], ([failure, waiting]) => [
    failure ? failed("state", failure, false) : null, waiting ? banner(waiting) : null]);
}

// The differences, each line with its sign and its colour.
function diff(text) {
  const kinds = { "+": "added", "-": "removed", "@": "place" };
  return el("pre", { class: "words diff" }, ...text.split("\n").map((line) => el("span", { class: kinds[line[0]] || null, text: `${line}\n` })));
}

const image = (text) => el("code", { text });
function changes(view) {
  $("changes").hidden = !view.changes;
  if (!view.changes) return;
  show("changes-body", view.changes, (change) => [
    el("dl", { class: "facts pairs" },
      ...change.images.map((one) => labelled(`Image of ${one.container}`,
        one.before === one.after ? [image(one.after), " (unchanged)"]
          : [one.before ? image(one.before) : "none", el("span", { "aria-label": "becomes", role: "img", class: "arrow", text: " → " }), one.after ? image(one.after) : "none"])),
      labelled("Task definition", `${change.before} → ${change.after || "not deployed yet"}${change.diff ? "" : "; nothing differs"}`),
      labelled("Pipeline execution", image(change.execution)),
      labelled("Since", moment(change.since))),
    change.diff ? fold("diff", "All differences of the task definition", diff(change.diff)) : null]);
}

const STEPS = { done: "good", failed: "bad", under_way: "busy", not_yet: "still" };
const SAID = { good: "done", bad: "failed", busy: "under way", still: "not yet" };
function flow(view) {
  $("flow").hidden = view.kind !== "rehearsal";
  show("flow-steps", view.flow, (steps) => steps.map((step) => {
    const kind = STEPS[step.state];
    const when = [step.note, step.at !== null && kind !== "busy" ? time(step.at) : ""].filter(Boolean).join(" at ");
    return el("li", { class: kind, "aria-current": kind === "busy" ? "step" : null },
      el("span", { class: "mark", role: "img", "aria-label": SAID[kind], text: MARKS[kind] }),
      el("strong", { text: step.name }), el("span", { class: "when", text: when || "\u00a0" }));
  }));
}

function variables(one, caption) {
  const all = Object.entries(one.variables);
  return all.length ? el("div", { class: "scroll" }, el("table", {}, el("caption", { class: "label", text: caption }),
    el("tbody", {}, ...all.map(([name, value]) => el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: value })))))) : null;
}

function progress(percent) {
  return el("div", { class: "percent" }, el("progress", { max: 100, value: percent, "aria-label": "Progress" }), el("b", { text: `${percent} %` }));
}

// The rehearsed action as the pipeline shows it. Its link would lead to a
// console that knows nothing of it.
function action(one) {
  return [
    el("div", { class: "row" }, el("h3", { class: "grow", text: one.name }), chip(one.status)),
    one.percent !== null && !one.error ? progress(one.percent) : null,
    one.error ? [el("div", { class: "row" }, el("span", { class: "label", text: "Failure type" }), el("b", { text: one.error[0] })),
      fold("message", "The message as the pipeline shows it", el("pre", { class: "words bad", text: one.error[1] }))]
      : one.summary ? el("pre", { class: "words", text: one.summary }) : null,
    one.link ? fold("link", "The link to the console", el("p", { class: "empty", text: "The account is simulated, so the console does not know the deployment." }),
      el("code", { class: "address", text: one.link })) : null,
    variables(one, "Output variables"),
  ];
}

// One release of a worker: a row, and the rest on demand.
function release(one, now) {
  const key = `release-${one.variables["action execution"]}`;
  const ended = one.until !== null && one.status !== "InProgress";
  const what = one.failure ? one.failure.cause : (one.summary || "").split("\n")[0];
  const when = ended ? moment(one.until) : `for ${age(now - one.since)}`;
  const head = el("span", { class: "release" }, el("b", { text: one.name }), chip(one.command ? "waits" : one.status),
    el("span", { class: "label", text: [one.percent !== null && !ended ? `${one.percent} %` : "", when].filter(Boolean).join(" · ") }),
    el("span", { class: "what", text: what }));
  return fold(key, head,
    one.command ? banner({ key: null, command: one.command }) : null,
    one.failure ? failed(key, one.failure, true) : one.summary ? el("pre", { class: "words", text: one.summary }) : null,
    one.status === "no longer here" ? el("p", { class: "empty", text: "It has not come back to this worker. Another one has it or has finished it, or it is queued in CodePipeline. The pipeline shows how it ended." }) : null,
    one.percent !== null && !ended ? progress(one.percent) : null,
    el("p", { class: "empty", text: `Step ${one.step}, taken up at ${moment(one.since)}${ended ? `, left at ${moment(one.until)} after ${lasting(one.until - one.since)}` : ""}.` }),
    one.link ? el("p", {}, el("a", { href: one.link, rel: "noreferrer", text: "The deployment in the AWS console" })) : null,
    variables(one, "Facts"));
}

function pipeline(view) {
  const isWorker = view.kind === "worker";
  $("pipeline-h").textContent = isWorker ? "In hand" : "What the pipeline shows";
  // Ages are shown to the minute: what is read is not moved each second.
  const now = isWorker ? Math.floor(view.now / 60) * 60 : 0;
  show("pipeline-body", [view.actions, now], ([actions]) => actions.length
    ? actions.map((one) => isWorker ? release(one, now) : action(one)).flat() : [el("p", { class: "empty", text: "Nothing is in hand." })]);
  $("ended").hidden = !isWorker;
  show("ended-body", view.ended, (actions) => actions.length
    ? actions.map((one) => release(one, now)) : [el("p", { class: "empty", text: "Nothing yet." })]);
  $("jobs").hidden = !view.fleet_jobs;
  show("jobs-body", [view.fleet_jobs, now], ([jobs]) => jobs && jobs.length
    ? [el("div", { class: "scroll" }, table(["Pipeline", "Worker", "In hand for"], jobs.map((one) => el("tr", {},
      el("td", { text: one.pipeline }), el("td", {}, el("code", { text: one.worker })), el("td", { text: age(now - one.since) })))))]
    : [el("p", { class: "empty", text: "No worker has a job." })]);
}

function fleet(view) {
  $("fleet").hidden = view.kind !== "rehearsal";
  show("fleet-body", view.task_sets, (sets) => sets.length ? sets.map((set) =>
    el("div", { class: `set ${set.version}` },
      el("div", { class: "row" }, el("h3", { class: "grow", text: `${set.version} · ${set.weight} %` }), chip(set.status)),
      el("p", { text: `${set.task_definition} in ${set.target_group}` }),
      el("dl", { class: "facts counts" }, labelled("Desired", String(set.desired)),
        labelled("Running", String(set.tasks.filter((task) => task.state !== "pending").length)), labelled("Stopped", String(set.stopped))),
      set.last_stop ? el("p", { class: "stop" }, el("b", { text: "Last stop: " }), set.last_stop) : null,
      el("ul", { class: "tasks" }, ...set.tasks.map((task) =>
        el("li", {}, chip(task.state), " ", el("code", { text: task.id.slice(0, 8) }),
          task.address ? " " : null,
          task.address ? el("a", { href: task.address, rel: "noreferrer", text: `:${new URL(task.address).port}` }) : null,
          task.in_flight ? ` ${task.in_flight} under way` : null))),
      set.tasks.length || set.stopped ? null : el("p", { class: "empty", text: "No task yet." })))
    : [el("p", { class: "empty", text: "None." })]);
}

function eventRows(events) {
  return el("div", { class: "scroll" }, table(["Event", "State", "Begun", "Took"], events.map((event) =>
    el("tr", { class: event.status === "Failed" ? "bad" : null },
      el("td", { text: event.name }), el("td", {}, chip(event.status)),
      el("td", { class: "time", text: event.started === null ? "" : time(event.started) }),
      el("td", { class: "time", text: event.started !== null && event.ended !== null ? lasting(event.ended - event.started) : "" })))));
}

function events(view) {
  $("events").hidden = view.kind !== "rehearsal";
  show("events-body", [view.deployments, view.has_ended], ([deployments, ended]) => deployments.length ? deployments.flatMap((one) => {
    // What was never begun says little.
    const skipped = one.events.filter((event) => event.status === "Skipped" && event.started === null);
    const rest = one.events.filter((event) => !skipped.includes(event));
    return [
      el("div", { class: "row" }, el("h3", { class: "grow", text: `${one.is_rollback ? "Rollback" : "Deployment"} ${one.id}` }), chip(one.status)),
      one.error ? el("pre", { class: "words bad", text: one.error }) : null,
      rest.length ? eventRows(rest) : null,
      skipped.length ? fold(`skipped-${one.is_rollback}`, `${skipped.length} skipped`, eventRows(skipped)) : null,
      ...one.events.filter((event) => event.words).map((event) => el("pre", { class: "words bad", text: `${event.name}: ${event.words}` })),
    ];
  }) : [el("p", { class: "empty", text: ended ? "No deployment was made." : "No deployment yet." })]);
}

function guards(view) {
  $("guards").hidden = view.kind !== "rehearsal";
  show("guards-body", [view.alarms, view.hooks], ([alarms, hooks]) => [
    el("ul", { class: "list" }, ...alarms.map((alarm) => el("li", {}, el("div", { class: "row" }, chip(alarm.is_on ? "ALARM" : "OK"),
      el("span", { class: "grow" }, el("b", { text: alarm.name }), alarm.about ? ` – ${alarm.about}` : "",
        alarm.since === null ? "" : alarm.is_on ? ` (since ${time(alarm.since)})` : ` (was on; quiet since ${time(alarm.since)})`)))),
    ...hooks.map((hook) => el("li", {}, el("div", { class: "row" }, chip(hook.state),
      el("span", { class: "grow" }, el("b", { text: hook.event }), " ", el("code", { text: hook.called }))),
    hook.words ? el("pre", { class: "words bad", text: hook.words }) : null)))]);
}

function findings(view) {
  $("findings").hidden = !view.findings;
  if (!view.findings) return;
  show("findings-body", view.findings, (list) => list.length
    ? [el("ul", { class: "list" }, ...list.map((one) => el("li", {}, el("div", { class: "row" }, chip(one.severity),
      one.is_policys ? el("span", { class: "chip", text: "policy" }) : null, el("span", { class: "grow", text: one.text })))))]
    : [el("p", { class: "empty", text: "Nothing was found." })]);
}

let last = null;
function lost() {
  document.body.dataset.reached = "no";
  // The last view stays. After the end no connection is needed.
  if (last && !last.has_ended) show("verdict", "not reached", (words) => [chip(words)]);
}

let turns = 0;
async function turn() {
  try {
    const view = await ask("view.json");
    await pull();
    last = view;
    for (const part of [header, state, changes, flow, pipeline, traffic, fleet, events, guards, findings, ledger]) part(view);
    Object.assign(document.body.dataset, { ready: "yes", reached: "yes", turns: ++turns });
  } catch (problem) {
    lost();
  }
  setTimeout(turn, INTERVAL);
}
turn();
