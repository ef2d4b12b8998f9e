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
import releases
from compare import LOUD, SAME, WRONG, Difference, describe, kind
from opa import Set, judge
from program import Program

KNOWN = Path(__file__).resolve().parent / "known.json"
POLICIES = 5_000
# Random policies that a process is given at a time.
CHUNK = 50
# Differences of one kind that are shown in full.
SHOWN = 5

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
        yield "random policies", range(first, min(first + CHUNK, policies)), seed
    for name, cases in (
        ("imports", imports.cases()),
        ("controls", releases.cases(seed)),
        ("documentation", documents.cases(seed)),
        ("cases of others", conformance.cases()),
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
    ordinary = counts["random policies"]
    both = sum(ordinary[each] for each in (SAME, LOUD, *WRONG[2:], WRONG[0]))
    print(f"refused by the program alone: {ordinary[LOUD]} of {both} random releases", end="")
    print(f" ({100 * ordinary[LOUD] / max(both, 1):.2f} %)")
    failed = report([each for each in differences if each.kind in WRONG])
    print(f"{sum(map(len, counts.values()))} kinds, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def report(wrong: list[Difference]) -> int:
    """Shows what is not known, and what is known and no longer so."""
    known = json.loads(KNOWN.read_text())
    shown: Counter[str] = Counter()
    seen, failed = set(), 0
    for each in sorted(wrong, key=lambda each: (each.kind, len(str(each.rules)))):
        entry = known.get(each.name)
        if entry and entry["kind"] == each.kind:
            seen.add(each.name)
            continue
        failed += 1
        shown[each.kind] += 1
        if shown[each.kind] <= SHOWN:
            print(describe(each))
    for name in sorted(known.keys() - seen):
        # OPA's cases are not there everywhere.
        if not name.startswith("opa: ") or os.environ.get("ORACLE_CASES"):
            print(f"{name}: is in known.json and is no difference any more; take it out")
            failed += 1
    print(f"{len(seen)} known differences, {failed} others")
    return failed
