"""The smallest policies of each kind in which an engine may differ from OPA.

Between blank lines stands one set: its first line is its name, `package main`
comes by itself, and a line `package …` begins another file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opa import Set

HERE = Path(__file__).resolve().parent
DATA = {
    "limits": {"cpu": 1},
    "names": ["a", "b"],
    "ports": {"80": "http"},
    "main": {"extra": {"on": True}},
}
C = {"name": "a", "user": "root", "cpu": 1, "env": [{"k": "a", "v": 1}, {"k": "b"}]}
DOCUMENTS: list[Any] = [
    {"l": [C, {"name": "b", "cpu": 0.5, "env": []}], "s": "a.b", "n": 1, "o": {"a": 1}, "t": ["a"]},
    {"l": [{"name": "b"}, C], "s": "v1.2.3", "n": 0.7, "o": {"b": C}, "t": ["b", "x y", "ü"]},
    {"l": [], "s": "", "n": -5, "o": {}, "t": []},
    {"l": [{"name": 1, "user": None}, {}], "s": "a-b😀", "n": 2, "o": {"a": "a"}, "t": [1, None]},
    {},
]


def cases() -> Iterator[tuple[str, Set, list[Any]]]:
    seen = set()
    for block in (HERE / "minimal.txt").read_text().strip().split("\n\n"):
        name, *lines = block.splitlines()
        files = re.split(r"^(?=package )", "\n".join(lines) + "\n", flags=re.MULTILINE)
        files = [text if text.startswith("package") else f"package main\n{text}" for text in files]
        if not lines or name in seen:
            raise SystemExit(f"minimal.txt: `{name}` is empty or there twice")
        seen.add(name)
        policies = {f"{n}.rego": text for n, text in enumerate(files) if text != "package main\n"}
        yield f"minimal: {name}", Set(policies, [DATA]), DOCUMENTS
