"""Makes the README's recording: plays a rehearsal in a terminal and draws what was on it.

Usage: record.py PROGRAM > docs/rehearsal.svg
"""

import os
import sys
import time
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "terminal"))

from screen import Session  # noqa: E402

COLUMNS, ROWS = 96, 34
FRAMES = 16
# How long the recording plays, and how long its end stands.
SECONDS, END = 14, 5
COMMAND = ["rehearse", "--serve", "--load", "8", "--speed", "60", "--termination-wait", "0"]
# What the parameters of an ink look like here.
INKS = {
    "1": "font-weight:bold",
    "2": "fill:#8595a8",
    "32": "fill:#4cc384",
    "33": "fill:#f0b955",
    "36": "fill:#63c5d6",
    "94": "fill:#6ea3f5",
    "1;31": "fill:#ff8a80;font-weight:bold",
}


def play(program):
    """What was on the terminal, with the moment of each change."""
    states, begun = [], time.monotonic()
    with Session([program, *COMMAND], COLUMNS, ROWS) as session:
        while session.process.poll() is None:
            if session.read():
                states.append((time.monotonic() - begun, shown(session.screen)))
        if session.end() != 0:
            sys.exit("the release did not succeed")
        states.append((time.monotonic() - begun, shown(session.screen)))
    return states


def shown(screen):
    """The cells that are in sight."""
    cells = list(screen.cells)
    while cells and not cells[-1]:
        cells.pop()
    return [list(line) for line in cells[-ROWS:]]


def pieces(line):
    """Letters of the same ink together, each with its column."""
    found = []
    for column, (letter, ink) in enumerate(line):
        if found and found[-1][1] == ink:
            found[-1][2] += letter
        else:
            found.append([column, ink, letter])
    return [(column, ink, text) for column, ink, text in found if text.strip()]


def chosen(states):
    """States at even distances, the last one among them."""
    first, last = states[0][0], states[-1][0]
    frames = []
    for index in range(1, FRAMES):
        moment = first + (last - first) * index / FRAMES
        frames.append([lines for at, lines in states if at <= moment][-1])
    return [*frames, states[-1][1]]


def draw(frames):
    height = ROWS * 17 + 58
    width = COLUMNS * 8 + 32
    whole = SECONDS + END
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" role="img" aria-label="A rehearsal in a terminal">',
        "<style>text{font:13.2px ui-monospace,Menlo,'DejaVu Sans Mono',monospace;"
        "white-space:pre;fill:#dbe4ee}"
        f".f{{visibility:hidden;animation:{whole}s steps(1) infinite}}",
    ]
    step = SECONDS / whole * 100 / (len(frames) - 1)
    for index in range(len(frames)):
        begin, end = index * step, (index + 1) * step
        if index == len(frames) - 1:
            end = 100
        before = f"0%,{begin - 0.01:.2f}%{{visibility:hidden}}" if index else ""
        after = f"{end:.2f}%,100%{{visibility:hidden}}" if end < 100 else ""
        out.append(f"@keyframes k{index}{{{before}{begin:.2f}%{{visibility:visible}}{after}}}")
        out.append(f"#f{index}{{animation-name:k{index}}}")
    # Who wants no motion sees the end.
    out.append(
        "@media(prefers-reduced-motion:reduce){.f{animation:none}"
        f"#f{len(frames) - 1}{{visibility:visible}}}}</style>"
    )
    out.append(f'<rect width="{width}" height="{height}" rx="10" fill="#121a24"/>')
    command = escape("$ bluegreen-worker " + " ".join(COMMAND))
    out.append(f'<text x="16" y="28" style="fill:#7fb2ff">{command}</text>')
    for index, lines in enumerate(frames):
        out.append(f'<g id="f{index}" class="f">')
        for row, line in enumerate(lines):
            for column, ink, text in pieces(line):
                style = f' style="{INKS[ink]}"' if ink else ""
                place = f'x="{16 + column * 8}" y="{52 + row * 17}" textLength="{len(text) * 8}"'
                out.append(f"<text {place}{style}>{escape(text)}</text>")
        out.append("</g>")
    out.append("</svg>")
    return "\n".join(out)


if __name__ == "__main__":
    print(draw(chosen(play(os.path.abspath(sys.argv[1])))))
