"""Cases that others have written: OPA's own conformance cases where there is a
copy, and those of the engine's crate. Nothing of either is in this repository.

No package of a registry carries OPA's cases, so `ORACLE_CASES` names a folder
with them: `v1/test/cases/testdata` of OPA's repository, or the copy as JSON in
that of swift-opa (`ComplianceSuite/Tests/RegoComplianceTests/TestData/v1`)."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from opa import Set

Json = Any


def cases() -> Iterator[tuple[str, Set, list[Json]]]:
    folder = os.environ.get("ORACLE_CASES")
    if folder:
        yield from read(Path(folder), "opa")
    else:
        print("OPA's conformance cases: skipped, ORACLE_CASES names no folder with them")
    crate = crate_folder("regorus")
    if crate:
        yield from read(crate / "tests" / "interpreter" / "cases", "regorus")


def crate_folder(name: str) -> Path | None:
    """Where cargo keeps the source of the dependency that is locked."""
    lock = (Path(__file__).resolve().parents[2] / "Cargo.lock").read_text()
    version = re.search(rf'name = "{name}"\nversion = "(.+)"', lock)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return next(home.glob(f"registry/src/*/{name}-{version[1]}"), None) if version else None


def read(folder: Path, origin: str) -> Iterator[tuple[str, Set, list[Json]]]:
    seen: set[str] = set()
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.json")]):
        try:
            text = path.read_text()
            loaded = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
        except (ValueError, yaml.YAMLError):
            continue
        cases = loaded.get("cases") if isinstance(loaded, dict) else None
        for number, case in enumerate(cases or []):
            note = case.get("note", number)
            # OPA's own notes are unique, and copies lay the files out otherwise.
            where = "" if origin == "opa" else f"{path.relative_to(folder)}: "
            name = f"{origin}: {where}{note}"
            made = None if name in seen else read_case(case)
            seen.add(name)
            if made:
                yield name, *made


def read_case(case: Json) -> tuple[Set, list[Json]] | None:
    """The case as a rule that finds what its query is about."""
    query, data = case.get("query"), case.get("data") or {}
    modules = [text for text in case.get("modules") or [] if isinstance(text, str)]
    if not isinstance(query, str) or not isinstance(data, dict) or "input_term" in case:
        return None
    if any("package main\n" in f"{text}\n" for text in modules):
        return None
    # As a text in which sets are no arrays.
    if " = x" in query or query.strip() == "x":
        rule = f'deny contains sprintf("%v", [x]) if {{ {query} }}'
    else:
        rule = f'deny contains sprintf("%v", [[x | x := {query}]])'
    policies = {f"{number}.rego": text for number, text in enumerate(modules)}
    policies["asks.rego"] = f"package main\n\n{rule}\n"
    # A release always has a document; that a case has none is nothing to us.
    return Set(policies, [data]), [case.get("input", {})]
