"use strict";
// Asks for the view and shows it. What has not changed is left alone, so that
// neither the focus nor what somebody reads is moved.

const INTERVAL = 500;
const SVG = "http://www.w3.org/2000/svg";
const $ = (id) => document.getElementById(id);

function el(name, options = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "text") node.textContent = value;
    else if (key === "class") node.className = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function draw(name, options = {}, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(options)) {
    if (key === "text") node.textContent = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const shown = new Map();
function show(id, value, build) {
  const key = JSON.stringify(value);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  $(id).replaceChildren(...build(value));
}

function time(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The time of day, for what goes on for days.
function clock(epoch) {
  return new Date(epoch * 1000).toLocaleTimeString([], { hour12: false });
}

const moment = (epoch) => new Date(epoch * 1000).toLocaleString([], { hour12: false });

function age(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  return minutes < 1 ? "less than a minute" : minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const KINDS = {
  Succeeded: "good", succeeded: "good", healthy: "good", OK: "good", PRIMARY: "good", SUCCESSFUL: "good",
  Failed: "bad", failed: "bad", Stopped: "bad", Abandoned: "bad", unhealthy: "bad", error: "bad", ALARM: "bad",
  STOPPED: "bad", ROLLBACK_SUCCESSFUL: "bad", ROLLBACK_FAILED: "bad",
  InProgress: "busy", Ready: "busy", runs: "busy", initial: "busy", warning: "busy", Created: "busy",
  waits: "busy", PENDING: "busy", IN_PROGRESS: "busy", STOP_REQUESTED: "busy", ROLLBACK_REQUESTED: "busy", ROLLBACK_IN_PROGRESS: "busy",
};
const MARKS = { good: "✓", bad: "✕", busy: "●", still: "○" };
const WORDS = { InProgress: "in progress", Created: "created" };

function chip(status) {
  const kind = KINDS[status] || "still";
  return el("span", { class: `chip ${kind}` },
    el("span", { "aria-hidden": true, text: MARKS[kind] }),
    el("span", { text: WORDS[status] || status }));
}

function header(view) {
  document.title = view.title;
  $("title").textContent = view.title;
  $("outlook").textContent = view.outlook;
  $("main").className = view.kind === "worker" ? "single" : "";
  const facts = [];
  facts.push(["Time", view.kind === "worker" ? clock(view.now) : time(view.now)]);
  if (view.kind === "worker") facts.push(["In hand", view.actions.length]);
  if (view.speed) facts.push(["Speed", `${view.speed} ×`]);
  show("facts", facts, (rows) => rows.map(([name, value]) =>
    el("div", {}, el("dt", { text: name }), el("dd", { text: value }))));
  const action = view.kind === "rehearsal" ? view.actions[0] : null;
  show("verdict", action ? action.status : "", (status) => status ? [chip(status)] : []);
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
  // What goes on now, and how long until what comes next.
  const going = view.deployments.filter((one) => one.state).pop();
  const left = going && going.next ? `${going.next.what} in about ${time(going.next.at - view.now)}` : "";
  $("now").className = going && going.waits ? "now waits" : "now";
  show("now", going ? [going.state, left] : [], (words) => [words.filter(Boolean).join(" · ")]);
}

let now = 0;
function action(one) {
  const nodes = [el("div", { class: "row" }, el("h3", { class: "grow", text: one.name }), chip(one.status))];
  if (one.since !== null) {
    const ended = one.until !== null && one.status !== "InProgress";
    nodes.push(el("p", { class: "empty", text: [`Step ${one.step}`, `in hand since ${moment(one.since)}`,
      ended ? `until ${moment(one.until)}` : `for ${age(now - one.since)}`].join(" · ") }));
  }
  if (one.percent !== null && !one.error) {
    nodes.push(el("div", { class: "percent" },
      el("progress", { max: 100, value: one.percent, "aria-label": "Progress" }), el("b", { text: `${one.percent} %` })));
  }
  if (one.error) {
    nodes.push(el("div", { class: "row" }, el("span", { class: "label", text: "Failure type" }), el("b", { text: one.error[0] })));
    nodes.push(el("pre", { class: "words bad", text: one.error[1] }));
  } else if (one.summary) {
    nodes.push(el("pre", { class: "words", text: one.summary }));
  }
  if (one.link) nodes.push(el("div", { class: "row" }, el("span", { class: "label", text: "Link" }),
    el("a", { class: "grow", href: one.link, rel: "noreferrer", text: one.link })));
  const variables = Object.entries(one.variables);
  if (variables.length) {
    nodes.push(el("div", { class: "scroll" }, el("table", {}, el("caption", { class: "label", text: one.step ? "Facts" : "Output variables" }),
      el("tbody", {}, ...variables.map(([name, value]) =>
        el("tr", {}, el("th", { scope: "row", text: name }), el("td", { text: value })))))));
  }
  return nodes;
}

function pipeline(view) {
  $("pipeline-h").textContent = view.kind === "worker" ? "In hand" : "What the pipeline shows";
  // Ages are shown to the minute: what is read is not moved each second.
  now = view.kind === "worker" ? Math.floor(view.now / 60) * 60 : 0;
  show("pipeline-body", [view.actions, now], ([actions]) => actions.length
    ? actions.flatMap(action) : [el("p", { class: "empty", text: "Nothing is in hand." })]);
  $("ended").hidden = view.kind !== "worker";
  show("ended-body", view.ended, (actions) => actions.length
    ? actions.flatMap(action) : [el("p", { class: "empty", text: "Nothing yet." })]);
}

const LEFT = 38, RIGHT = 66;
let wide = 640;
function scale(spans, high) {
  const first = spans[0].begins, last = Math.max(spans[spans.length - 1].begins, first + 60);
  return {
    first, last,
    x: (at) => LEFT + (at - first) / (last - first) * (wide - LEFT - RIGHT),
    y: (value, top) => high - 22 - value / top * (high - 34),
  };
}

function frame(svg, s, high, marks) {
  for (const [value, label, y] of marks) {
    svg.append(draw("line", { class: "grid", x1: LEFT, x2: wide - RIGHT, y1: y, y2: y }),
      draw("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end", text: label }));
  }
  const span = s.last - s.first;
  const step = [60, 120, 300, 600, 1200, 3600].find((one) => span / one <= 6) || 7200;
  for (let at = Math.ceil(s.first / step) * step; at <= s.last; at += step) {
    svg.append(draw("text", { x: s.x(at), y: high - 4, "text-anchor": "middle", text: time(at) }));
  }
}

const path = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function steppedPath(spans, s, value, top) {
  const points = [];
  for (const span of spans) {
    const y = s.y(value(span), top);
    if (points.length) points.push([s.x(span.begins), points[points.length - 1][1]]);
    points.push([s.x(span.begins), y]);
  }
  return points;
}

const answered = (span) => span.blue + span.green;
function shareChart(spans) {
  const high = 170, s = scale(spans, high);
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label":
    `Green's share of the production traffic over time; now ${spans[spans.length - 1].weight} percent` });
  frame(svg, s, high, [0, 50, 100].map((value) => [value, `${value} %`, s.y(value, 100)]));
  const weights = steppedPath(spans, s, (span) => span.weight, 100);
  const end = weights[weights.length - 1];
  svg.append(draw("path", { class: "a-green", d: `${path(weights)}L${end[0]} ${s.y(0, 100)}L${weights[0][0]} ${s.y(0, 100)}Z` }));
  svg.append(draw("path", { class: "weight", d: path(weights) }));
  const busy = spans.slice(0, -1).filter((span) => answered(span) > 0);
  if (busy.length > 1) {
    svg.append(draw("path", { class: "s-green", d: path(busy.map((span) =>
      [s.x(span.begins), s.y(100 * span.green / answered(span), 100)])) }));
  }
  svg.append(draw("text", { class: "l-green", x: end[0] + 6, y: Math.min(end[1] + 4, high - 26), text: `${spans[spans.length - 1].weight} %` }));
  return svg;
}

function rateChart(all) {
  const spans = all.slice(0, -1);
  const high = 150, s = scale(all, high);
  const most = Math.max(4, ...spans.map((span) => Math.max(span.blue, span.green, span.failed)));
  const unit = 10 ** Math.floor(Math.log10(most));
  const top = [1, 2, 3, 5, 10].map((one) => one * unit).find((one) => one >= most);
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": "Requests per second by version over time" });
  frame(svg, s, high, [0, top / 2, top].map((value) => [value, String(value), s.y(value, top)]));
  const labels = [];
  for (const name of ["blue", "green", "failed"]) {
    if (!spans.length || (name === "failed" && spans.every((span) => span.failed === 0))) continue;
    const points = spans.map((span) => [s.x(span.begins), s.y(span[name], top)]);
    svg.append(draw("path", { class: `s-${name}`, d: path(points) }));
    labels.push([name, points[points.length - 1]]);
  }
  labels.sort((a, b) => a[1][1] - b[1][1]);
  let free = 0;
  for (const [name, [x, y]] of labels) {
    const at = Math.max(y + 4, free);
    free = at + 13;
    svg.append(draw("text", { class: `l-${name}`, x: x + 6, y: at, text: name }));
  }
  return svg;
}

function traffic(view) {
  $("traffic").hidden = !view.traffic;
  if (!view.traffic) return;
  // As wide as there is room, so that letters keep their size.
  wide = Math.max(300, $("traffic-body").clientWidth || 640);
  show("traffic-body", [view.traffic, view.addresses, wide], ([t, addresses]) => {
    const nodes = [el("div", { class: "split", role: "img", "aria-label": `Production traffic: ${100 - t.green} percent blue, ${t.green} percent green` },
      ...[["blue", 100 - t.green], ["green", t.green]].map(([name, share]) => {
        const part = el("div", { class: name, "data-share": share, text: share * wide >= 9000 ? `${name} ${share} %` : share ? "" : null });
        part.style.flexGrow = share;
        return part;
      }))];
    nodes.push(el("div", { class: "row" }, ...addresses.map((one) =>
      el("span", {}, el("span", { class: "label", text: `${one.name} ` }), el("a", { href: one.url, rel: "noreferrer", text: one.url })))));
    if (t.spans.length > 1) {
      nodes.push(el("figure", {}, el("figcaption", {}, el("b", { text: "Green’s share" }),
        el("span", { text: "dotted: weight at the listener" }), el("span", { text: "dashed: answered by green" })), shareChart(t.spans)));
      if (t.spans.some((span) => answered(span) + span.failed > 0)) {
        nodes.push(el("figure", {}, el("figcaption", {}, el("b", { text: "Requests per second" }),
          el("span", { text: "blue is solid, green dashed, failed dotted" })), rateChart(t.spans)));
      }
    }
    if (t.load) {
      const l = t.load, ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
      nodes.push(el("dl", { class: "stats" }, ...[
        ["Clients", l.clients], ["Requests", l.requests], ["Failures", l.failures], ["From blue", l.blue], ["From green", l.green],
        ["Median", ms(l.median)], ["90 %", ms(l.p90)], ["99 %", ms(l.p99)],
      ].map(([name, value]) => el("div", { class: name === "Failures" && value ? "bad" : null },
        el("dt", { text: name }), el("dd", { text: value })))));
    }
    return nodes;
  });
}

function fleet(view) {
  $("fleet").hidden = view.kind !== "rehearsal";
  show("fleet-body", view.fleet.task_sets, (sets) => sets.length ? sets.map((set) =>
    el("div", { class: `set ${set.version}` },
      el("div", { class: "row" }, el("h3", { class: "grow", text: `${set.version} · ${set.weight} %` }), chip(set.status)),
      el("p", { text: `${set.task_definition} in ${set.target_group}` }),
      el("ul", { class: "tasks" }, ...set.tasks.map((task) =>
        el("li", {}, chip(task.state), " ", el("code", { text: task.id.slice(0, 8) }),
          task.address ? " " : null,
          task.address ? el("a", { href: task.address, rel: "noreferrer", text: `:${new URL(task.address).port}` }) : null,
          task.in_flight ? ` ${task.in_flight} under way` : null))),
      set.tasks.length ? null : el("p", { class: "empty", text: "No task yet." })))
    : [el("p", { class: "empty", text: "None." })]);
}

function table(head, rows) {
  return el("table", {}, el("thead", {}, el("tr", {}, ...head.map((one) => el("th", { scope: "col", class: one === "#" ? "n" : null, text: one })))), el("tbody", {}, ...rows));
}

function events(view) {
  $("events").hidden = view.kind !== "rehearsal";
  show("events-body", [view.deployments, view.has_ended], ([deployments, ended]) => deployments.length ? deployments.flatMap((one) => [
    el("div", { class: "row" }, el("h3", { class: "grow", text: `${one.is_rollback ? "Rollback" : "Deployment"} ${one.id}` }), chip(one.status)),
    one.error ? el("pre", { class: "words bad", text: one.error }) : null,
    el("div", { class: "scroll" }, table(["Event", "State", "Begun", "Took"], one.events.map((event) =>
      el("tr", { class: event.status === "Failed" ? "bad" : null },
        el("td", { text: event.name }), el("td", {}, chip(event.status)),
        el("td", { text: event.started === null ? "" : time(event.started) }),
        el("td", { text: event.started !== null && event.ended !== null ? `${Math.round(event.ended - event.started)} s` : "" }))))),
    ...one.events.filter((event) => event.words).map((event) => el("pre", { class: "words bad", text: `${event.name}: ${event.words}` })),
  ].filter(Boolean)) : [el("p", { class: "empty", text: ended ? "No deployment was made." : "No deployment yet." })]);
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

// Calls are fetched once and kept here, so that a filter finds early ones too.
const KEPT = 5000, ROWS = 200;
const log = { seen: 0, written: 0, calls: [], counts: {} };
let wanted = "", at = time;

async function ask(name) {
  const answer = await fetch(name, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function pull() {
  for (let more = true; more;) {
    const { written, calls, counts } = await ask(`calls.json?after=${log.seen}`);
    // Whoever knows fewer calls than were seen has begun anew.
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
    $("ledger-body").append(el("div", { class: "row" }, el("span", { class: "grow", id: "ledger-count" }), filter),
      el("div", { class: "scroll tall", id: "ledger-calls", tabindex: 0, role: "region", "aria-label": "Calls, newest first" }),
      el("details", {}, el("summary", { text: "Counted by operation" }), el("div", { class: "scroll", id: "ledger-counts" })));
  }
  showCalls();
}

function showCalls() {
  show("ledger-calls", [log.written, wanted], () => {
    const hits = log.calls.filter((call) => `${call.name} ${call.outcome}`.toLowerCase().includes(wanted));
    const rows = hits.slice(-ROWS).reverse();
    $("ledger-count").textContent = [
      `${log.written} calls`, wanted ? `${hits.length} with “${wanted}”` : "", rows.length < hits.length ? `the latest ${rows.length} are shown` : "",
    ].filter(Boolean).join(", ");
    return [table(["#", "Time", "Call", "Outcome"], rows.map((call) => el("tr", { class: call.is_error ? "bad" : null },
      el("td", { class: "n", text: call.sequence }), el("td", { text: at(call.at) }), el("td", { text: call.name }), el("td", { text: call.outcome }))))];
  });
  show("ledger-counts", log.counts, (counts) => [table(["Operation", "Calls"], Object.entries(counts)
    .sort((a, b) => b[1] - a[1]).map(([name, count]) => el("tr", {}, el("td", { text: name }), el("td", { text: count }))))]);
}

let last = null;
function lost() {
  document.body.dataset.reached = "no";
  // What was seen last stays; an end needs nobody who goes on telling of it.
  if (last && !last.has_ended) show("verdict", "not reached", (words) => [chip(words)]);
}

let turns = 0;
async function turn() {
  try {
    const view = await ask("view.json");
    await pull();
    last = view;
    for (const part of [header, flow, pipeline, traffic, fleet, events, guards, findings, ledger]) part(view);
    Object.assign(document.body.dataset, { ready: "yes", reached: "yes", turns: ++turns });
  } catch (problem) {
    lost();
  }
  setTimeout(turn, INTERVAL);
}
turn();
