"use strict";
// What every part of the page uses. Text is always put in as text.

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
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
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

// Unchanged parts are left alone, so that neither the focus nor the text that
// you read moves. In a changed part the focus stays on the same fold.
const shown = new Map();
function show(id, value, build) {
  const key = JSON.stringify(value);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  const node = $(id), active = document.activeElement;
  const held = node.contains(active) ? active.closest("[data-key]")?.dataset.key : undefined;
  node.replaceChildren(...build(value).flat().filter((child) => child !== null && child !== undefined));
  if (held !== undefined) node.querySelector(`[data-key="${CSS.escape(held)}"] > summary`)?.focus({ preventScroll: true });
}

// A part that is folded until you open it, and stays as you left it.
const opened = new Set();
function fold(key, summary, ...children) {
  const head = el("summary", {}, summary);
  const node = el("details", { "data-key": key, open: opened.has(key) }, head, ...children);
  head.addEventListener("click", () => { if (node.open) opened.delete(key); else opened.add(key); });
  return node;
}

// Minutes and seconds since the beginning.
function time(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// The time of day, for what goes on for days.
const clock = (epoch) => new Date(epoch * 1000).toLocaleTimeString([], { hourCycle: "h23" });
const moment = (epoch) => new Date(epoch * 1000).toLocaleString([], { hourCycle: "h23" });

// A duration as people say it, such as 9 min 1 s.
function lasting(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const parts = (large, unit, small, other) => small ? `${large} ${unit} ${small} ${other}` : `${large} ${unit}`;
  if (s < 60) return `${s} s`;
  if (s < 3600) return parts(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return parts(Math.floor(s / 3600), "h", Math.floor(s % 3600 / 60), "min");
  return parts(Math.floor(s / 86400), "d", Math.floor(s % 86400 / 3600), "h");
}
const age = (seconds) => seconds < 60 ? "less than a minute" : lasting(Math.floor(seconds / 60) * 60);

const KINDS = {
  Succeeded: "good", succeeded: "good", healthy: "good", OK: "good", PRIMARY: "good", SUCCESSFUL: "good",
  Failed: "bad", failed: "bad", Stopped: "bad", Abandoned: "bad", unhealthy: "bad", error: "bad", ALARM: "bad",
  STOPPED: "bad", ROLLBACK_SUCCESSFUL: "bad", ROLLBACK_FAILED: "bad",
  InProgress: "busy", runs: "busy", initial: "busy", Created: "busy", PENDING: "busy", IN_PROGRESS: "busy",
  Ready: "warning", warning: "warning", waits: "warning", STOP_REQUESTED: "warning",
  ROLLBACK_REQUESTED: "warning", ROLLBACK_IN_PROGRESS: "warning",
};
const MARKS = { good: "✓", bad: "✕", busy: "●", still: "○", warning: "▲" };
const WORDS = { InProgress: "in progress", Created: "created" };

function chip(status) {
  const kind = KINDS[status] || "still";
  return el("span", { class: `chip ${kind}` },
    el("span", { "aria-hidden": true, text: MARKS[kind] }),
    el("span", { text: WORDS[status] || status }));
}

function table(head, rows) {
  return el("table", {}, el("thead", {}, el("tr", {}, ...head.map((one) => el("th", { scope: "col", class: one === "#" ? "n" : null, text: one })))), el("tbody", {}, ...rows));
}

const lines = (texts) => texts.map((text) => el("p", { text }));
const labelled = (label, ...value) => el("div", {}, el("dt", { text: label }), el("dd", {}, ...value));
