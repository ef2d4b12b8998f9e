"""Every built-in function with an argument and a result of each kind: OPA's type
checker says which of them can be."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opa import Set

TABLE = Path(__file__).resolve().parents[2] / "crates/rego/src/builtins/signatures.rs"
ROW = re.compile(r'of\(\s*"([\w.]+)",\s*&\[([^\]]*)\],\s*[^)]*\)')
# A term of each kind whose members may be anything.
KINDS = {
    "NULL": "null",
    "BOOL": "true",
    "NUMBER": "1",
    "TEXT": '"a"',
    "ARRAY": "[v | v = input.all[_]]",
    "OBJECT": "{k: v | v = input.all[k]}",
    "SET": "{v | v = input.all[_]}",
    "ANY": "input.all",
}


def cases() -> Iterator[tuple[str, Set, list[Any]]]:
    rows = ROW.findall(TABLE.read_text())
    if len(rows) < 100:
        raise SystemExit("signatures.py: the table of signatures.rs reads differently now")
    for name, kinds in rows:
        takes = [KINDS[kind.split("|")[0].strip()] for kind in kinds.split(",") if kind.strip()]
        for kind, term in KINDS.items():
            yield case(f"{name} gives {kind}", f"{name}({', '.join(takes)}) == {term}")
            for at in range(len(takes)):
                these = ", ".join([*takes[:at], term, *takes[at + 1 :]])
                yield case(f"{name} takes {kind} as {at + 1}", f"{name}({these})")


def case(name: str, statement: str) -> tuple[str, Set, list[Any]]:
    """No release comes as far as the statement: it is only typed."""
    text = f'package main\ndeny contains "x" if {{\n\tinput.never\n\t{statement}\n}}\n'
    return f"signatures: {name}", Set({"team.rego": text}), [{}]
