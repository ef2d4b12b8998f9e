"""The rules of the documentation and of the examples, as they stand there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

from opa import Set
from releases import release, tested
from shapes import cases as shaped

ROOT = Path(__file__).resolve().parents[2]


def cases(seed: str) -> Iterator[tuple[str, Set, list[Any]]]:
    random, everything = Random(f"{seed} documents"), list(shaped())
    names = ["input.example.json", "input.ecs.example.json"]
    inputs = [json.loads((ROOT / "policies" / name).read_text()) for name in names] + [{}]
    inputs += [release(random, everything) for _ in range(10)]
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]):
        blocks = snippets(page.read_text())
        rules = {f"{n}.rego": text for n, text in enumerate(blocks) if not is_test(text)}
        name = str(page.relative_to(ROOT))
        for file, text in rules.items():
            yield f"{name}: {file}", Set({file: text}), inputs
        for text in filter(is_test, blocks):
            yield f"{name}: its tests", tested(rules, text, []), [{}]
    for folder in {path.parent for path in (ROOT / "examples").glob("**/*.rego")}:
        files = sorted(folder.glob("*.rego"))
        data = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
        rules = {path.name: path.read_text() for path in files if "_test" not in path.stem}
        name = str(folder.relative_to(ROOT))
        yield name, Set(rules, data), inputs
        for path in files:
            if path.name not in rules:
                yield f"{name}: {path.name}", tested(rules, path.read_text(), data), [{}]


def is_test(text: str) -> bool:
    return re.search(r"^package \S+_test$", text, re.MULTILINE) is not None


def snippets(text: str) -> list[str]:
    """The Rego between fences, without the indentation of a list."""
    found = re.findall(r"^( *)```rego\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]
