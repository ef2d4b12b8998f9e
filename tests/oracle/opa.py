"""Open Policy Agent itself, as a library: the judge of what Rego means."""

import json
import re
from typing import Any, NamedTuple

from opa_bindings import OpaEngine, OpaError

Json = Any

# A rule that decides about releases, and the package of a file.
RULE = re.compile(r"^(?:default\s+)?((?:deny|violation|warn)(?:_[A-Za-z0-9]+)*)\b", re.MULTILINE)
PACKAGE = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)

# Characters of a text that the program takes over.
LONGEST = 1_000


class Set(NamedTuple):
    """A policy set with the documents that it reads."""

    policies: dict[str, str]
    data: list[Json] = []
    namespace: str = "main"
    controls: tuple[str, ...] = ()
    parameters: dict[str, Json] = {}


class Outcome(NamedTuple):
    """What became of a release: findings, or the reason why it was refused."""

    findings: tuple[tuple[str, ...], ...] = ()
    refused: str | None = None
    # Whether it was refused when the set was loaded.
    at_load: bool = False
    # Whether whoever was asked is no more.
    has_ended: bool = False


def judge(rules: Set, inputs: list[Json]) -> list[Outcome]:
    """What OPA finds in each input, with built-in functions that may not fail."""
    wanted = asked(rules)
    with OpaEngine() as engine:
        engine.print_handler = lambda *_: None
        try:
            for path, text in rules.policies.items():
                engine.add_policy(path, text)
            for document in rules.data:
                engine.add_data(document)
            engine.add_data({"control_parameters": rules.parameters})
        except OpaError as error:
            return [Outcome(refused=error.message, at_load=True)] * len(inputs)
        return [one(engine, wanted, value) for value in inputs]


def one(engine: OpaEngine, wanted: list[tuple[str, str]], value: Json) -> Outcome:
    query = "; ".join(f"r{n} = [x | x = {path}]" for n, (path, _) in enumerate(wanted))
    try:
        answers = engine.eval_query(query, value)[0]
    except OpaError as error:
        return Outcome(refused=error.message, at_load=not error.code.startswith("eval"))
    found = []
    for number, (path, level) in enumerate(wanted):
        for elements in answers[f"r{number}"]:
            if not isinstance(elements, list):
                return Outcome(refused=f"{path} is no set")
            for element in elements:
                finding = read(path, level, element)
                if finding is None:
                    return Outcome(refused=f"{path} found {json.dumps(element)}")
                found.append(finding)
    return Outcome(tuple(sorted(found)))


def asked(rules: Set) -> list[tuple[str, str]]:
    """Each rule that decides, with its path and level."""
    found = set()
    for path, text in rules.policies.items():
        package = PACKAGE.search(text)
        if package is None or path.endswith("_test.rego"):
            continue
        name = package[1]
        if name in rules.controls or f"{name}.".startswith(f"{rules.namespace}."):
            for rule in RULE.findall(text):
                level = "Warn" if rule.startswith("warn") else "Deny"
                found.add((f"data.{name}.{rule}", level))
    return sorted(found)


def read(path: str, level: str, element: Json) -> tuple[str, ...] | None:
    """A finding as the program tells it: level, rule, text, remedy and path."""
    rule = path.removeprefix("data.")
    if isinstance(element, str):
        return (level, rule, element[:LONGEST], "", "")
    if not isinstance(element, dict) or not isinstance(element.get("msg"), str):
        return None
    text = {name: str(value)[:LONGEST] for name, value in element.items() if isinstance(value, str)}
    return (
        level,
        text.get("rule", rule),
        text["msg"],
        text.get("remedy", ""),
        text.get("path", ""),
    )
