"use strict";
// The traffic: green's share, and the requests of each version over time.

const LEFT = 40, RIGHT = 66, TOP = 24, BOTTOM = 22, LETTER = 13;
let wide = 640;
function scale(spans, high) {
  const first = spans[0].begins, last = Math.max(spans[spans.length - 1].begins, first + 60);
  return {
    first, last,
    x: (at) => LEFT + (at - first) / (last - first) * (wide - LEFT - RIGHT),
    y: (value, top) => high - BOTTOM - value / top * (high - BOTTOM - TOP),
  };
}

function frame(svg, s, high, ticks, marks) {
  for (const [value, label, y] of ticks) {
    svg.append(draw("line", { class: "grid", x1: LEFT, x2: wide - RIGHT, y1: y, y2: y }),
      draw("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end", text: label }));
  }
  const span = s.last - s.first, most = Math.max(2, Math.floor((wide - LEFT - RIGHT) / 58));
  const step = [60, 120, 300, 600, 1200, 1800, 3600].find((one) => span / one <= most) || 7200;
  for (let at = Math.ceil(s.first / step) * step; at <= s.last; at += step) {
    svg.append(draw("text", { x: s.x(at), y: high - 4, "text-anchor": "middle", text: time(at) }));
  }
  // Numbers that would stand on each other are one label, such as 2–4.
  const groups = [];
  for (const mark of marks.filter((one) => one.at >= s.first && one.at <= s.last)) {
    const x = s.x(mark.at), group = groups[groups.length - 1];
    svg.append(draw("line", { class: "mark", x1: x, x2: x, y1: TOP - 4, y2: high - BOTTOM }));
    if (group && x - group.x < 2 * LETTER) group.last = mark.number;
    else groups.push({ x, first: mark.number, last: mark.number });
  }
  for (const { x, first, last } of groups) {
    svg.append(draw("text", { class: "mark", x, y: TOP - 8, "text-anchor": "middle", text: first === last ? first : `${first}–${last}` }));
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
function shareChart(spans, marks) {
  const high = 180, s = scale(spans, high);
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label":
    `Green's share of the production traffic over time; now ${spans[spans.length - 1].weight} percent` });
  frame(svg, s, high, [0, 50, 100].map((value) => [value, `${value} %`, s.y(value, 100)]), marks);
  const weights = steppedPath(spans, s, (span) => span.weight, 100);
  const end = weights[weights.length - 1];
  svg.append(draw("path", { class: "a-green", d: `${path(weights)}L${end[0]} ${s.y(0, 100)}L${weights[0][0]} ${s.y(0, 100)}Z` }));
  svg.append(draw("path", { class: "weight", d: path(weights) }));
  const busy = spans.slice(0, -1).filter((span) => answered(span) > 0);
  if (busy.length > 1) {
    svg.append(draw("path", { class: "s-green", d: path(busy.map((span) =>
      [s.x(span.begins), s.y(100 * span.green / answered(span), 100)])) }));
  }
  svg.append(draw("text", { class: "l-green", x: end[0] + 6, y: end[1] + 4, text: `${spans[spans.length - 1].weight} %` }));
  return svg;
}

function rateChart(all, marks) {
  const spans = all.slice(0, -1);
  const high = 160, s = scale(all, high);
  const most = Math.max(4, ...spans.map((span) => Math.max(span.blue, span.green, span.failed)));
  const unit = 10 ** Math.floor(Math.log10(most));
  const top = [1, 2, 3, 5, 10].map((one) => one * unit).find((one) => one >= most);
  const svg = draw("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": "Requests per second by version over time" });
  frame(svg, s, high, [0, top / 2, top].map((value) => [value, String(value), s.y(value, top)]), marks);
  const labels = [];
  for (const name of ["blue", "green", "failed"]) {
    if (!spans.length || (name === "failed" && spans.every((span) => span.failed === 0))) continue;
    const points = spans.map((span) => [s.x(span.begins), s.y(span[name], top)]);
    svg.append(draw("path", { class: `s-${name}`, d: path(points) }));
    const [x, y] = points[points.length - 1];
    labels.push({ name, x, y: y + 4 });
  }
  // No label stands on another one, or below the axis.
  labels.sort((a, b) => a.y - b.y);
  labels.forEach((one, index) => { if (index) one.y = Math.max(one.y, labels[index - 1].y + LETTER); });
  let floor = high - BOTTOM + 4;
  for (const one of [...labels].reverse()) {
    one.y = Math.min(one.y, floor);
    floor = one.y - LETTER;
  }
  for (const { name, x, y } of labels) svg.append(draw("text", { class: `l-${name}`, x: x + 6, y, text: name }));
  return svg;
}

const SHIFTS = ["AllowTraffic", "PRODUCTION_TRAFFIC_SHIFT"];
// When each alarm first went on: later only its last change is known.
const wentOn = new Map();
// The moments that explain the charts, numbered in order.
function moments(view) {
  const found = [];
  const add = (at, text) => { if (at !== null && at !== undefined) found.push({ at, text }); };
  for (const one of view.deployments) {
    if (one.is_rollback) add(one.created, "the rollback begins");
    else for (const event of one.events.filter((event) => SHIFTS.includes(event.name))) {
      add(event.started, "the shift begins");
      if (event.status === "Succeeded") add(event.ended, "the shift ends");
    }
    add(one.completed, one.is_rollback ? "the rollback ends" : "the deployment ends");
  }
  for (const alarm of view.alarms) {
    if (alarm.is_on && !wentOn.has(alarm.name)) wentOn.set(alarm.name, alarm.since);
    add(wentOn.get(alarm.name), `the alarm ${alarm.name} goes on`);
  }
  found.sort((a, b) => a.at - b.at);
  return found.map((one, index) => ({ ...one, number: index + 1 }));
}

function split(green) {
  const parts = [["blue", 100 - green], ["green", green]].map(([name, share]) => {
    const part = el("div", { class: name, "data-share": share, text: share * wide >= 9000 ? `${name} ${share} %` : share ? "" : null });
    part.style.flexGrow = share;
    return part;
  });
  return el("div", { class: "split", role: "img", "aria-label": `Production traffic: ${100 - green} percent blue, ${green} percent green` }, ...parts);
}

function stats(l) {
  const ms = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
  const all = [
    ["Clients", l.clients], ["Requests", l.requests], ["Failures", l.failures], ["From blue", l.blue], ["From green", l.green],
    ["Median", ms(l.median)], ["90 %", ms(l.p90)], ["99 %", ms(l.p99)],
  ];
  return el("dl", { class: "stats" }, ...all.map(([name, value]) => el("div", { class: name === "Failures" && value ? "bad" : null },
    el("dt", { text: name }), el("dd", { text: value }))));
}

function traffic(view) {
  $("traffic").hidden = !view.traffic;
  if (!view.traffic) return;
  // As wide as there is room, so that letters keep their size.
  wide = Math.max(280, $("traffic-body").clientWidth || 640);
  show("traffic-body", [view.traffic, view.addresses, moments(view), wide], ([t, addresses, marks]) => {
    const nodes = [split(t.green), el("div", { class: "row" }, ...addresses.map((one) =>
      el("span", {}, el("span", { class: "label", text: `${one.name} ` }), el("a", { href: one.url, rel: "noreferrer", text: one.url }))))];
    if (t.spans.length > 1) {
      nodes.push(el("figure", {}, el("figcaption", {}, el("b", { text: "Green’s share" }),
        el("span", { text: "dotted: weight at the listener" }), el("span", { text: "dashed: answered by green" })), shareChart(t.spans, marks)));
      if (t.spans.some((span) => answered(span) + span.failed > 0)) {
        nodes.push(el("figure", {}, el("figcaption", {}, el("b", { text: "Requests per second" }),
          el("span", { text: "blue is solid, green dashed, failed dotted" })), rateChart(t.spans, marks)));
      }
      if (marks.length) nodes.push(el("ol", { class: "moments" }, ...marks.map((one) =>
        el("li", {}, el("b", { text: one.number }), ` ${one.text} at ${time(one.at)}`))));
    }
    if (t.load) nodes.push(stats(t.load));
    return nodes;
  });
}
