"""Every way of one file to name a rule of another, or of itself."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from opa import Set

# What is imported, and how the rule `bad` is then called.
IMPORTS = [
    ("", "data.lib.bad"),
    ("import data.lib", "lib.bad"),
    ("import data.lib as other", "other.bad"),
    ("import data.lib.bad", "bad"),
    ("import data.lib.bad as wrong", "wrong"),
    ("import data.main", "main.bad"),
    ("import data.main as us", "us.bad"),
    ("import data.main.bad as own", "own"),
    ("import data.main.deep", "deep.bad"),
    ("import data as d", "d.lib.bad"),
    ("import data as d", "d.main.bad"),
    ("import data", "data.lib.bad"),
    ("import input.family as name", 'name == "a"; bad'),
    ("import input as request", 'request.family == "a"; bad'),
    ("import rego.v1", "bad"),
    ("import rego.v1\nimport data.lib", "lib.bad"),
    ("import future.keywords\nimport data.lib", "lib.bad"),
    ("import rego.v1\nimport future.keywords.in", "bad"),
    ("import data.lib\nimport data.main", "lib.bad; main.bad"),
    ("import data.lib\nimport data.lib", "lib.bad"),
    ("import data.none", "none.bad"),
    ("import data.none", "not none.bad"),
    ("import data.config", "config.on"),
    ("import data.config.on as on", "on"),
]
LIBRARY = [
    "",
    "import data.lib",
    "import data.main",
    "import data.main as m",
    "import data.lib as us",
]
PACKAGES = ["main", "main.deep", "main.deep.est"]
DEFINED = [
    "bad if input.family",
    "bad := true",
    "default bad := false\nbad if input.family",
    "bad contains input.family",
]
DOCUMENTS: list[Any] = [{"family": "a"}, {"family": "b"}, {}]


def cases() -> Iterator[tuple[str, Set, list[Any]]]:
    for number, made in enumerate(product(IMPORTS, LIBRARY, PACKAGES, DEFINED)):
        (imports, used), library, package, defined = made
        rule = f'deny contains "found" if {{ {used} }}'
        own = "" if imports.endswith("data.lib.bad") else defined
        call = "lib.bad" if library.endswith("data.lib") else "bad"
        policies = {
            "team.rego": f"package {package}\n{imports}\n{rule}\n{own}\n",
            "lib.rego": f"package lib\n{library}\n{defined}\nagain if {call}\n",
        }
        if package != "main":
            policies["main.rego"] = f'package main\n{defined}\nwarn contains "m" if bad\n'
        name = f"import {number}: {imports!r} in {package}, {used}, {library!r}, {defined!r}"
        yield name, Set(policies, [{"config": {"on": True}}]), DOCUMENTS
