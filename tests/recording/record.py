"""Makes the README's recording: plays a rehearsal in a terminal and draws what was on it.

Usage: record.py PROGRAM > docs/rehearsal.svg
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from html import escape

COLUMNS, ROWS = 92, 24
FRAMES = 14
# How long the recording plays, and how long its end stands.
SECONDS, END = 14, 5
COMMAND = ["rehearse", "--serve", "--load", "8", "--speed", "60", "--termination-wait", "0"]
SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Za-z])")


class Screen:
    """As much of a terminal as the program uses."""

    def __init__(self):
        self.lines, self.row = [""], 0

    def feed(self, text):
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                if found[2] == "A":
                    self.row = max(0, self.row - int(found[1] or 1))
                elif found[2] == "K":
                    self.lines[self.row] = ""
                at = found.end()
                continue
            if text[at] == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append("")
            elif text[at] != "\r":
                self.lines[self.row] += text[at]
            at += 1

    def shown(self):
        lines = [line[:COLUMNS] for line in self.lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines[-ROWS:]


def play(program):
    """What was on the terminal, with the moment of each change."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    child = subprocess.Popen([program, *COMMAND], stdout=follower, stdin=subprocess.DEVNULL)
    os.close(follower)
    screen, states, begun, rest = Screen(), [], time.monotonic(), b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            break
        if not piece:
            break
        rest += piece
        # A character or a sequence may come in two pieces.
        whole = rest.decode("utf-8", "ignore")
        if rest.decode("utf-8", "replace").endswith("\ufffd") or re.search(r"\x1b(\[\d*)?$", whole):
            continue
        screen.feed(whole)
        rest = b""
        states.append((time.monotonic() - begun, screen.shown()))
    if child.wait() != 0:
        sys.exit("the release did not succeed")
    return states


def chosen(states):
    """States at even distances, the last one among them."""
    last = states[-1][0]
    frames = []
    for index in range(1, FRAMES):
        moment = last * index / FRAMES
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
            if line:
                out.append(f'<text x="16" y="{52 + row * 17}">{escape(line)}</text>')
        out.append("</g>")
    out.append("</svg>")
    return "\n".join(out)


if __name__ == "__main__":
    print(draw(chosen(play(os.path.abspath(sys.argv[1])))))
