"""What OPA says of a case beside what the program says of it."""

from collections import Counter
from typing import Any, NamedTuple

from opa import Outcome, Set

# What may not be, but for the differences that are known.
SILENT = "silent"  # OPA finds something, and the program does not refuse
ACCEPTS = "accepts"  # OPA refuses the set or the release, and the program does not
EXTRA = "extra"  # the program finds what OPA does not
TEXT = "text"  # both find as much, in other words
USELESS = "useless"  # the program refuses what its own documentation shows
ENDED = "ended"  # the process has died over it, or the engine has panicked
WRONG = (SILENT, ACCEPTS, EXTRA, TEXT, USELESS, ENDED)

# What may be.
SAME = "same"
LOUD = "loud"  # only the program refuses, and says so
BOTH = "both refuse"
ORDER = "another order"  # OPA came to a call that fails, and the program did not
OLD = "another dialect"  # OPA reads only Rego v1


class Difference(NamedTuple):
    """A case in which the two are not of one mind."""

    name: str
    kind: str
    rules: Set
    document: Any
    opa: Outcome
    program: Outcome


def kind(opa: Outcome, program: Outcome) -> str:
    if program.has_ended:
        return ENDED
    if program.refused is not None:
        return BOTH if opa.refused is not None else LOUD
    if opa.refused is not None:
        return ACCEPTS
    if set(opa.findings) == set(program.findings):
        return SAME
    # The first member is the level: a refusal for a warning is no other text.
    theirs, ours = (Counter(found[0] for found in set(each.findings)) for each in (opa, program))
    if theirs == ours:
        return TEXT
    return SILENT if theirs - ours else EXTRA


def describe(difference: Difference) -> str:
    lines = [f"--- {difference.name}: {difference.kind}"]
    for path, text in difference.rules.policies.items():
        lines += [f"# {path}", text.rstrip()]
    if difference.rules.data:
        lines.append(f"data:    {difference.rules.data}")
    lines.append(f"input:   {difference.document}")
    for who, outcome in (("OPA", difference.opa), ("program", difference.program)):
        lines.append(f"{who + ':':8} {outcome.refused or list(outcome.findings)}")
    return "\n".join(lines)
