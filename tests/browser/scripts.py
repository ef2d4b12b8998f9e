"""What the browser is asked about the page."""

# Contrast of every piece of text with what it stands on (WCAG 2.2, 1.4.3).
CONTRAST = """
const parse = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
  .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (node) => {
  for (let one = node; one; one = one.parentElement) {
    const style = getComputedStyle(one);
    if (style.backgroundImage !== "none") return [20, 112, 64];
    const colour = parse(style.backgroundColor);
    if (colour.length === 3 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const bad = [];
for (const node of document.querySelectorAll("body *")) {
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
  const aside = node.closest("svg, script, noscript, .skip") || !node.getClientRects().length;
  if (!own || aside) continue;
  const [a, b] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) bad.push(`${node.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
}
return bad;
"""

# Names and roles that a screen reader needs.
NAMES = """
const bad = [];
const named = (node) => node.getAttribute("aria-label")
  || node.getAttribute("aria-labelledby") || node.closest("label")?.textContent.trim()
  || node.textContent.trim();
const all = "a, button, input, progress, section, [role=img], [tabindex='0']";
for (const node of document.querySelectorAll(all)) {
  if (!named(node)) bad.push(node.outerHTML.slice(0, 80));
}
for (const node of document.querySelectorAll("[aria-labelledby]")) {
  const label = document.getElementById(node.getAttribute("aria-labelledby"));
  if (!label) bad.push(node.outerHTML.slice(0, 80));
}
if (document.querySelectorAll("h1").length !== 1) bad.push("one h1");
if (!document.documentElement.lang) bad.push("no language");
return bad;
"""


# What is wider than the page, or than the table's place in it. What is folded
# has no place yet.
WIDE = """
const isFolded = (node) => node.closest("details:not([open]) > :not(summary)");
const wide = [...document.querySelectorAll("body *")]
  .filter((node) => node.getBoundingClientRect().right > arguments[0])
  .filter((node) => !node.closest(".scroll, svg, .skip"));
const rolling = [...document.querySelectorAll(".scroll:not(.tall)")]
  .filter((node) => node.scrollWidth > node.clientWidth);
return [...wide, ...rolling].filter((node) => !isFolded(node))
  .map((node) => node.outerHTML.slice(0, 80));
"""

# Green's share and the verdict, both of one moment.
SHARE = """
const share = document.querySelector(".split")?.innerText.match(/green (\\d+) %/);
return [Number(share?.[1] ?? 0), document.querySelector("#verdict").innerText];
"""

# The states of the release's steps.
KINDS = "return [...document.querySelectorAll('#flow-steps li')].map((step) => step.className)"

# Numbers in the list of calls that are broken over lines.
NUMBERS = """
const cells = [...document.querySelectorAll("#ledger-calls td.n")];
return cells.filter((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return range.getClientRects().length > 1;
}).map((cell) => cell.textContent);
"""
