"""The commands that the pages of the documentation show."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from simulator import ROOT

BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<kind>\w+)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
HEREDOC = re.compile(r"<<\s*'?(\w+)'?")
# A block after a sentence that ends with "in `FILE`:" is the file's content.
FILE = re.compile(r"in `([\w./-]+)`:\s*$")

# Every page, but for the list of changes.
PAGES = (
    *sorted((ROOT / "docs").glob("*.md")),
    *(
        ROOT / name
        for name in (
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "README.md",
            "SECURITY.md",
            "crates/rego/README.md",
            "crates/simulator/README.md",
        )
    ),
)


@dataclass
class Command:
    """One command, with the output that the page shows below it."""

    page: str
    text: str
    # Whether it stands after a `$`.
    prompt: bool
    output: str = ""


@dataclass
class File:
    """A file whose content the page shows."""

    path: str
    content: str


def commands(page: Path) -> list[Command]:
    return [step for step in steps(page) if isinstance(step, Command)]


def steps(page: Path) -> list[Command | File]:
    """The commands and files of a page, in their order."""
    text = page.read_text()
    name = str(page.relative_to(ROOT))
    found: list[Command | File] = []
    for block in BLOCK.finditer(text):
        indent = len(block["indent"])
        lines = [line[indent:] for line in block["body"].splitlines()]
        before = text[: block.start()].rstrip()
        file = FILE.search(before)
        if block["kind"] == "console":
            found += with_prompts(name, lines)
        elif block["kind"] == "sh":
            found += without_prompts(name, lines)
        elif file:
            found.append(File(file[1], "\n".join(lines) + "\n"))
    return found


def with_prompts(page: str, lines: list[str]) -> list[Command]:
    """A command begins with `$ `. What follows it is its output."""
    found: list[Command] = []
    is_open = False
    for line in lines:
        if line.startswith("$ ") and not is_open:
            found.append(Command(page, line[2:], prompt=True))
        elif is_open:
            found[-1].text += "\n" + line
        elif found:
            found[-1].output += line + "\n"
        is_open = bool(found) and goes_on(found[-1].text) and not found[-1].output
    return found


def without_prompts(page: str, lines: list[str]) -> list[Command]:
    """Each line is a command, unless it continues the one above."""
    found: list[Command] = []
    for line in lines:
        if found and goes_on(found[-1].text):
            found[-1].text += "\n" + line
        elif line.strip() and not line.startswith("#"):
            found.append(Command(page, line, prompt=False))
    return found


def goes_on(text: str) -> bool:
    """Whether the command needs another line: it ends with a backslash, or in
    quotes or a document."""
    document = HEREDOC.search(text)
    if document:
        return not text.endswith("\n" + document[1])
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False
