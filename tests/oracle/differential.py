"""Compares the program with OPA on everything there is, on every core."""

import json
import multiprocessing
import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import conformance
import documents
import generate
import imports
import minimal
import releases
import signatures
from compare import (
    ACCEPTS,
    LOUD,
    OLD,
    ORDER,
    SAME,
    TEXT,
    USELESS,
    WRONG,
    Difference,
    describe,
    kind,
)
from opa import Set, judge
from program import Program

KNOWN = Path(__file__).resolve().parent / "known.json"
POLICIES = 5_000
# Random policies that a process is given at a time.
CHUNK = 50
# Differences of one kind that are shown in full.
SHOWN = 5

RANDOM = "random policies"
OTHERS = "cases of others"
SHOWN_RULES = "documentation"

Case = tuple[str, Set, list[Any]]
Part = tuple[str, list[Case] | range, str]
Compared = tuple[str, list[str], list[Difference]]

program: Program


def start(command: str) -> None:
    global program
    program = Program(command)


def parts(seed: str, policies: int) -> Iterator[Part]:
    """What there is to do, in pieces that take a second or so."""
    for first in range(0, policies, CHUNK):
        yield RANDOM, range(first, min(first + CHUNK, policies)), seed
    for name, cases in (
        ("minimal policies", minimal.cases()),
        ("imports", imports.cases()),
        ("signatures", signatures.cases()),
        ("controls", releases.cases(seed)),
        (SHOWN_RULES, documents.cases(seed)),
        (OTHERS, conformance.cases()),
    ):
        everything = list(cases)
        size = 1 if name == "controls" else CHUNK
        for first in range(0, len(everything), size):
            yield name, everything[first : first + size], seed


def compare(part: Part) -> Compared:
    name, cases, seed = part
    if isinstance(cases, range):
        cases = [(f"random {n}", *generate.case(f"{seed} {n}")) for n in cases]
    kinds, differences = [], []
    for case, rules, inputs in cases:
        both = zip(inputs, judge(rules, inputs), program.judge(rules, inputs), strict=True)
        for number, (document, opa, ours) in enumerate(both):
            found = kind(opa, ours)
            if found == ACCEPTS and name == OTHERS and "rego_parse_error" in (opa.refused or ""):
                found = OLD
            # In what order conditions are tried is each engine's own affair.
            if found == ACCEPTS and name == RANDOM and not opa.at_load:
                found = ORDER
            if found == LOUD and name == SHOWN_RULES:
                found = USELESS
            kinds.append(found)
            if found in WRONG or found == LOUD:
                made = Difference(f"{case} #{number}", found, rules, document, opa, ours)
                differences.append(made)
    return name, kinds, differences


def main(command: str) -> int:
    seed = os.environ.get("ORACLE_SEED") or secrets.token_hex(4)
    policies = int(os.environ.get("ORACLE_POLICIES") or POLICIES)
    print(f"ORACLE_SEED={seed}: {policies} random policies", flush=True)
    began = time.monotonic()
    counts: dict[str, Counter[str]] = {}
    differences: list[Difference] = []
    with multiprocessing.Pool(initializer=start, initargs=(command,)) as pool:
        for name, kinds, found in pool.imap_unordered(compare, parts(seed, policies)):
            counts.setdefault(name, Counter()).update(kinds)
            differences += found
    for name, count in counts.items():
        print(f"{name}: " + ", ".join(f"{count[each]} {each}" for each in sorted(count)))
    ordinary = counts[RANDOM]
    both = sum(ordinary[each] for each in (SAME, LOUD, *WRONG) if each != ACCEPTS)
    print(f"refused by the program alone: {ordinary[LOUD]} of {both} random releases", end="")
    print(f" ({100 * ordinary[LOUD] / max(both, 1):.2f} %)")
    failed = report([each for each in differences if each.kind in WRONG])
    print(f"{sum(sum(count.values()) for count in counts.values())} releases", end="")
    print(f" in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def report(wrong: list[Difference]) -> int:
    """Shows what is not known, and what is known and no longer so."""
    known = json.loads(KNOWN.read_text())
    shown: Counter[str] = Counter()
    seen, told, failed = set(), set(), 0
    for each in sorted(wrong, key=lambda each: (each.kind, len(str(each.rules)))):
        case = each.name.split(" #")[0]
        if each.kind in known.get(case, {}).get("kinds", []):
            seen.add(case)
            continue
        # Other words for the same are no fault of an engine for numbers and texts
        # that nobody has thought of, but they are seen.
        failed += each.kind != TEXT or not each.name.startswith("random")
        if case not in told and shown[each.kind] < SHOWN:
            shown[each.kind] += 1
            told.add(case)
            print(describe(each))
    for name in sorted(known.keys() - seen):
        # OPA's cases are not there everywhere.
        if not name.startswith("opa: ") or os.environ.get("ORACLE_CASES"):
            print(f"{name}: is in known.json and is no difference any more; take it out")
            failed += 1
    print(f"{len(seen)} known differences, {failed} others")
    return failed
