"""The rules of the documentation and of the examples, as they stand there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from opa import Set
from releases import release
from shapes import cases as shaped

ROOT = Path(__file__).resolve().parents[2]


def cases(seed: str) -> Iterator[tuple[str, Set, list[Any]]]:
    random, everything = Random(f"{seed} documents"), list(shaped())
    inputs = [json.loads((ROOT / "policies" / "input.example.json").read_text()), {}]
    inputs += [release(random, everything) for _ in range(10)]
    for page in sorted(ROOT.glob("**/*.md")):
        if {"target", ".tools"} & set(page.parts):
            continue
        for number, text in enumerate(snippets(page.read_text())):
            name = f"{page.relative_to(ROOT)}: snippet {number}"
            if "package" not in text:
                text = f"package main\n\n{text}"
            if not re.search("^(deny|warn|violation)", text, re.MULTILINE):
                text += '\ndeny contains "loaded" if true\n'
            yield name, Set({"team.rego": text}), inputs
    for folder in {path.parent for path in (ROOT / "examples").glob("**/*.rego")}:
        rules = [path for path in sorted(folder.glob("*.rego")) if "_test" not in path.stem]
        data = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
        policies = {path.name: path.read_text() for path in rules}
        yield str(folder.relative_to(ROOT)), Set(policies, data), inputs


def snippets(text: str) -> list[str]:
    """The Rego between fences, without the indentation of a list."""
    found = re.findall(r"^( *)```rego\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]
